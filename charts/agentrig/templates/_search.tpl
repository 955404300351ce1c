{{/* `results.search` with the templates in its texts executed, as YAML. Call: . (root context). */}}
{{- define "agentrig.search" -}}
{{- include "agentrig.render" (list . .Values.results.search) -}}
{{- end }}

{{/* Environment of the search index, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.searchEnv" -}}
{{- $search := include "agentrig.search" . | fromYaml -}}
{{- if $search.url }}
{{- $texts := dict "AGENTRIG_RUN_SEARCH_URL" $search.url "AGENTRIG_RUN_SEARCH_INDEX" $search.index "AGENTRIG_RUN_SEARCH_ENV" (join " " $search.env) "AGENTRIG_RUN_SEARCH_TIMEOUT" $search.timeout -}}
{{- if $search.dataStream -}}{{- $_ := set $texts "AGENTRIG_RUN_SEARCH_DATA_STREAM" "true" -}}{{- end -}}
{{- if $search.requireDelivery -}}{{- $_ := set $texts "AGENTRIG_RUN_REQUIRE_DELIVERY" "true" -}}{{- end -}}
{{- if include "agentrig.caName" $search.ca -}}{{- $_ := set $texts "AGENTRIG_RUN_SEARCH_CA" "/etc/agentrig/search-ca/ca.crt" -}}{{- end -}}
{{- include "agentrig.textEnv" $texts }}
{{- include "agentrig.searchAccess" $search }}
{{- end }}
{{- end }}

{{/* Credentials for a search server or its dashboards, a YAML list that may be empty. Call: map with
`apiKeySecret` and `basicAuthSecret`. */}}
{{- define "agentrig.searchAccess" -}}
{{- include "agentrig.secretEnv" (list .apiKeySecret.name (dict "AGENTRIG_SEARCH_API_KEY" .apiKeySecret.key)) }}
{{- $user := .basicAuthSecret -}}
{{- include "agentrig.secretEnv" (list $user.name (dict "AGENTRIG_SEARCH_USERNAME" $user.username "AGENTRIG_SEARCH_PASSWORD" $user.password)) }}
{{- end }}
