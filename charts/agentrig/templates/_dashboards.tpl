{{/* `results.dashboards` with the templates in its texts executed, as YAML. Call: . (root context). */}}
{{- define "agentrig.dashboards" -}}
{{- include "agentrig.render" (list . .Values.results.dashboards) -}}
{{- end }}

{{/* Labels of what installs the dashboards: the component `runner` is a run's alone.
Call: . (root context). */}}
{{- define "agentrig.dashboardsLabels" -}}
{{- include "agentrig.labels" . | replace "app.kubernetes.io/component: runner" "app.kubernetes.io/component: dashboards" -}}
{{- end }}

{{/* Labels by which its Pod is found. Call: . (root context). */}}
{{- define "agentrig.dashboardsSelector" -}}
{{- include "agentrig.selectorLabels" . | replace "app.kubernetes.io/component: runner" "app.kubernetes.io/component: dashboards" -}}
{{- end }}

{{/* Arguments that install the dashboards, a YAML list. Call: . (root context). */}}
{{- define "agentrig.dashboardsArgs" -}}
{{- $dashboards := include "agentrig.dashboards" . | fromYaml -}}
{{- $args := list "report" "dashboards" "install" (printf "--url=%s" $dashboards.url) -}}
{{- with (include "agentrig.search" . | fromYaml).index -}}{{- $args = append $args (printf "--index=%s" .) -}}{{- end -}}
{{- with $dashboards.space -}}{{- $args = append $args (printf "--space=%s" .) -}}{{- end -}}
{{- with $dashboards.tenant -}}{{- $args = append $args (printf "--tenant=%s" .) -}}{{- end -}}
{{- if $dashboards.overwrite -}}{{- $args = append $args "--overwrite" -}}{{- end -}}
{{- if include "agentrig.caName" $dashboards.ca -}}{{- $args = append $args "--ca=/etc/agentrig/dashboards-ca/ca.crt" -}}{{- end -}}
{{- toYaml $args -}}
{{- end }}

{{/* As whom they are installed, a YAML list of EnvVar that may be empty. Call: . (root context). */}}
{{- define "agentrig.dashboardsEnv" -}}
{{- $access := include "agentrig.dashboards" . | fromYaml -}}
{{- if not (or $access.apiKeySecret.name $access.basicAuthSecret.name) -}}
{{- $access = include "agentrig.search" . | fromYaml -}}
{{- end -}}
{{- include "agentrig.searchAccess" $access }}
{{- end }}
