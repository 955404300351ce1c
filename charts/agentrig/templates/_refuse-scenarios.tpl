{{/* Refuses inline scenarios that no ConfigMap can hold. Call: . (root context). */}}
{{- define "agentrig.refuseScenarios" -}}
{{- $bytes := 0 -}}
{{- range $file, $content := .Values.scenarios.inline -}}
{{- if not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$" $file) -}}
{{- fail (printf "scenarios.inline: %q is no file name for a ConfigMap: use letters, digits, '.', '_' and '-', and no folders" $file) -}}
{{- end -}}
{{- if not (regexMatch "\\.[A-Za-z0-9]+$" $file) -}}
{{- fail (printf "scenarios.inline: %q has no suffix, so nothing would read it: name scenarios NAME.yaml and Python modules test_NAME.py" $file) -}}
{{- end -}}
{{- $bytes = add $bytes (len $file) (len $content) -}}
{{- end -}}
{{- if gt $bytes 1000000 -}}
{{- fail (printf "scenarios.inline holds %d bytes, and a ConfigMap or a Helm release ends at 1 MiB: build an image FROM agentrig that holds the scenarios, and name them in run.paths" $bytes) -}}
{{- end -}}
{{- end }}
