{{/* Metadata of one object: its name, namespace, labels and annotations.
Call: (dict "root" $ "name" "NAME" ["namespace" "NAMESPACE" | "clusterWide" true]
["labels" map] ["annotations" map]). */}}
{{- define "agentrig.metadata" -}}
{{- $root := .root -}}
name: {{ .name | quote }}
{{- if not .clusterWide }}
namespace: {{ .namespace | default $root.Release.Namespace | quote }}
{{- end }}
labels:
  {{- include "agentrig.labels" $root | nindent 2 }}
  {{- with .labels }}
  {{- include "agentrig.render" (list $root .) | nindent 2 }}
  {{- end }}
{{- $common := $root.Values.commonAnnotations | default dict -}}
{{- with mergeOverwrite (deepCopy $common) (.annotations | default dict) }}
annotations:
  {{- include "agentrig.render" (list $root .) | nindent 2 }}
{{- end }}
{{- end }}

{{/* Labels of every object and Pod. Call: . (root context). */}}
{{- define "agentrig.labels" -}}
{{ include "agentrig.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ include "agentrig.render" (list $ .) }}
{{- end }}
{{- end }}

{{/* Labels that the chart sets by itself. Call: . (root context). */}}
{{- define "agentrig.ownLabels" -}}
{{ include "agentrig.selectorLabels" . }}
app.kubernetes.io/part-of: agentrig
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{/* Labels by which a person finds the runner's objects and Pods. Call: . (root context). */}}
{{- define "agentrig.selectorLabels" -}}
app.kubernetes.io/name: {{ include "agentrig.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: runner
{{- end }}
