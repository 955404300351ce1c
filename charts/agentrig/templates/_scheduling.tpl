{{/* Where and how the Pod runs: fields of its spec. Call: . (root context). */}}
{{- define "agentrig.scheduling" -}}
terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
{{- $fields := list "priorityClassName" "runtimeClassName" "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "hostAliases" "dnsPolicy" "dnsConfig" -}}
{{- with include "agentrig.renderFields" (concat (list . .Values) $fields) }}
{{ . }}
{{- end }}
{{- end }}

{{/* Pull secrets of the chart and of all charts, each once, a YAML list that may be empty.
Call: . (root context). */}}
{{- define "agentrig.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (.Values.global.imagePullSecrets | default list) (.Values.imagePullSecrets | default list) -}}
{{- $names = append $names (kindIs "string" . | ternary . (get (kindIs "map" . | ternary . dict) "name")) -}}
{{- end -}}
{{- range $name := uniq $names }}
- name: {{ $name | quote }}
{{- end }}
{{- end }}
