{{/* The one container, `runner`: podFailurePolicy goes by its name. Call: . (root context). */}}
{{- define "agentrig.container" -}}
name: runner
image: {{ include "agentrig.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "agentrig.args" . | nindent 2 }}
env:
  {{- include "agentrig.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- include "agentrig.render" (list $ .) | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- include "agentrig.containerSecurityContext" . | nindent 2 }}
terminationMessagePath: /dev/termination-log
# A runner that ends before its first summary leaves the end of its log there.
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  {{- include "agentrig.volumeMounts" . | nindent 2 }}
{{- end }}

{{/* Image reference; a digest wins, and the registry of `global` stands in for none. Call: . (root context). */}}
{{- define "agentrig.image" -}}
{{- $image := .Values.image -}}
{{- $repository := $image.repository -}}
{{- $hasRegistry := regexMatch "^([^/]*[.:][^/]*|localhost)/" $repository -}}
{{- if and .Values.global.imageRegistry (not $hasRegistry) -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .Values.global.imageRegistry) $repository -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository $image.tag -}}
{{- end -}}
{{- end }}

{{/* Arguments of the container, a YAML list. Call: . (root context). */}}
{{- define "agentrig.args" -}}
{{- $args := list "run" -}}
{{- if .Values.run.paths -}}
{{- $args = concat $args .Values.run.paths -}}
{{- else -}}
{{- $args = append $args (include "agentrig.sourcePath" .) -}}
{{- end -}}
{{- range $name, $url := include "agentrig.targets" . | fromYaml -}}
{{- $args = append $args (printf "--target=%s=%s" $name $url) -}}
{{- end -}}
{{- range $name, $text := .Values.results.labels -}}
{{- $args = append $args (printf "--label=%s=%s" $name (tpl $text $)) -}}
{{- end -}}
{{- if include "agentrig.isSharded" . -}}
{{- $args = append $args (printf "--shard=/%d" (int64 .Values.shards.count)) -}}
{{- end -}}
{{- toYaml (concat $args (.Values.run.args | default list)) -}}
{{- end }}

{{/* URLs of named targets, a map in YAML. Call: . (root context). */}}
{{- define "agentrig.targets" -}}
{{- include "agentrig.render" (list . .Values.run.targets) -}}
{{- end }}
