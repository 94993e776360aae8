{%- extends 'nbgrader/manage_submissions.tpl' -%}

{%- block sidebar -%}
{{ super() }}
<li role="presentation"><a href="{{ base_url }}/formgrader/whole_class">Whole Class</a></li>
{%- endblock -%}

{%- block messages -%}
<div class="alert alert-info">
  <a class="alert-link" href="{{ base_url }}/formgrader/whole_class#{{ assignment_id | urlencode }}">Grade all that wait</a>
  in one go, with their progress; then feedback, report and export. The icons below work on one submission each, and
  Jupyter waits meanwhile.
</div>
{%- endblock -%}
