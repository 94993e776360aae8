{%- extends 'nbgrader/manage_students_base.tpl' -%}

{%- block sidebar -%}
{{ super() }}
<li role="presentation"><a href="{{ base_url }}/formgrader/whole_class">Whole Class</a></li>
{%- endblock -%}
