{{/* A value as YAML, with the templates in its texts executed. Call: (list $ value). */}}
{{- define "agentrig.render" -}}
{{- $text := index . 1 | toYaml -}}
{{- if contains "{{" $text -}}
{{- tpl $text (index . 0) -}}
{{- else -}}
{{- $text -}}
{{- end -}}
{{- end }}

{{/* The fields of a spec that are taken over as they are, those that are set.
Call: (list $ map "field" ...), with the fields' names in `map`. */}}
{{- define "agentrig.renderFields" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
{{- $set := dict -}}
{{- range $field := slice . 2 -}}
{{- with index $values $field -}}{{- $_ := set $set $field . -}}{{- end -}}
{{- end -}}
{{- if $set -}}
{{- include "agentrig.render" (list $root $set) -}}
{{- end -}}
{{- end }}
