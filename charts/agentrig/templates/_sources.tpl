{{/* Which source the scenarios have, empty for the image. Call: . (root context). */}}
{{- define "agentrig.source" -}}
{{- $scenarios := .Values.scenarios -}}
{{- if $scenarios.inline -}}inline
{{- else if $scenarios.configMap.name -}}configmap
{{- else if $scenarios.pvc.claimName -}}pvc
{{- else if $scenarios.git.url -}}git
{{- else if $scenarios.s3.bucket -}}s3
{{- end -}}
{{- end }}

{{/* Says by not being empty that the scenarios are fetched. Call: . (root context). */}}
{{- define "agentrig.isFetched" -}}
{{- if has (include "agentrig.source" .) (list "git" "s3") -}}yes{{- end -}}
{{- end }}

{{/* Where the scenarios are, unless the image has them. Call: . (root context). */}}
{{- define "agentrig.sourceFolder" -}}
{{- with include "agentrig.source" . -}}{{- printf "/scenarios/%s" . -}}{{- end -}}
{{- end }}

{{/* What is run where `run.paths` says nothing. Call: . (root context). */}}
{{- define "agentrig.sourcePath" -}}
{{- $folder := include "agentrig.sourceFolder" . | default "/scenarios/demo" -}}
{{- $path := "" -}}
{{- if eq (include "agentrig.source" .) "git" -}}
{{- $path = (include "agentrig.git" . | fromYaml).path | trimSuffix "/" -}}
{{- end -}}
{{- empty $path | ternary $folder (printf "%s/%s" $folder $path) -}}
{{- end }}

{{/* `scenarios.git` with the templates in its texts executed, as YAML. Call: . (root context). */}}
{{- define "agentrig.git" -}}
{{- include "agentrig.render" (list . .Values.scenarios.git) -}}
{{- end }}

{{/* `scenarios.s3`, likewise. Call: . (root context). */}}
{{- define "agentrig.s3" -}}
{{- include "agentrig.render" (list . .Values.scenarios.s3) -}}
{{- end }}

{{/* Volume of the scenarios, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.sourceVolumes" -}}
{{- $source := include "agentrig.source" . -}}
{{- if $source }}
- name: scenarios
{{- if eq $source "inline" }}
  configMap:
    name: {{ include "agentrig.componentName" (list . "scenarios") }}
{{- else if eq $source "configmap" }}
  configMap:
    {{- include "agentrig.renderFields" (list . .Values.scenarios.configMap "name" "items") | nindent 4 }}
{{- else if eq $source "pvc" }}
  persistentVolumeClaim:
    {{- include "agentrig.renderFields" (list . .Values.scenarios.pvc "claimName") | nindent 4 }}
    readOnly: true
{{- else }}
  emptyDir:
    sizeLimit: {{ .Values.scenarios.sizeLimit }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the scenarios are mounted, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.sourceMounts" -}}
{{- with include "agentrig.sourceFolder" . }}
- name: scenarios
  mountPath: {{ . }}
  readOnly: true
  {{- if and (eq . "/scenarios/pvc") $.Values.scenarios.pvc.subPath }}
  subPath: {{ $.Values.scenarios.pvc.subPath | quote }}
  {{- end }}
{{- end }}
{{- end }}
