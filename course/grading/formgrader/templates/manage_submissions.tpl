{%- extends 'nbgrader/manage_submissions.tpl' -%}

{%- block sidebar -%}
{{ super() }}
<li role="presentation"><a href="{{ base_url }}/formgrader/whole_class">Whole Class</a></li>
{%- endblock -%}

{%- block messages -%}
<div class="alert alert-info">
  <a class="alert-link" href="{{ base_url }}/formgrader/whole_class#{{ assignment_id | urlencode }}">Grade all that wait</a>
  in one go, and see their progress; then feedback, report and export. The icons below are for one submission each, and
  the whole server waits while they work.
</div>
{%- endblock -%}
