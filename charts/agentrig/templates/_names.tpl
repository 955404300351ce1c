{{/* The chart's part of all names: `nameOverride`, or the chart's name, which is its alias below
another chart. Call: . (root context). */}}
{{- define "agentrig.name" -}}
{{- .Values.nameOverride | default (.Chart.Name | kebabcase | replace "_" "-" | replace "." "-") -}}
{{- end }}

{{/* First part of every name: `fullnameOverride`, or the release's and the chart's name, said
once where the one holds the other. Below another chart both are always said: of two aliases
each may be part of the release's name. Call: . (root context). */}}
{{- define "agentrig.fullname" -}}
{{- $chart := include "agentrig.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if and .Chart.IsRoot (contains $chart .Release.Name) -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $chart -}}
{{- end -}}
{{- end }}

{{/* Name of one component. Call: (list $ "runner").
At most 52 characters: a CronJob adds 11 to name its Jobs, which end at 63. A cut name ends in
a hash of the whole, so that two releases that begin alike stay apart. */}}
{{- define "agentrig.componentName" -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 1 -}}
{{- $base := include "agentrig.fullname" $root -}}
{{- $room := sub 51 (len $suffix) | int -}}
{{- if gt (len $base) $room -}}
{{- $hash := $base | sha256sum | trunc 6 -}}
{{- $base = printf "%s-%s" ($base | trunc (sub $room 7 | int) | trimSuffix "-") $hash -}}
{{- end -}}
{{- printf "%s-%s" $base $suffix -}}
{{- end }}

{{/* Name of the workload of this mode. Call: . (root context).
A Job cannot be changed, so each revision of the release has one of its own. */}}
{{- define "agentrig.workloadName" -}}
{{- if has .Values.mode (list "job" "sharded") -}}
{{- include "agentrig.componentName" (list . (printf "run-%d" (int .Release.Revision))) -}}
{{- else if eq .Values.mode "cronjob" -}}
{{- include "agentrig.componentName" (list . "schedule") -}}
{{- else -}}
{{- include "agentrig.componentName" (list . "test") -}}
{{- end -}}
{{- end }}

{{/* Name of the account that the runner acts as. Call: . (root context). */}}
{{- define "agentrig.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "agentrig.componentName" (list . "runner")) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* Namespace of the agents under test. Call: . (root context). */}}
{{- define "agentrig.agentsNamespace" -}}
{{- .Values.run.namespace | default .Release.Namespace -}}
{{- end }}

{{/* Namespace of the Role. Call: . (root context). */}}
{{- define "agentrig.roleNamespace" -}}
{{- .Values.rbac.namespace | default (include "agentrig.agentsNamespace" .) -}}
{{- end }}

{{/* Name of the Role and its binding. Call: . (root context).
Outside the release's namespace another release of this name may put one too. */}}
{{- define "agentrig.roleName" -}}
{{- if eq (include "agentrig.roleNamespace" .) .Release.Namespace -}}
{{- include "agentrig.componentName" (list . "runner") -}}
{{- else -}}
{{- $hash := .Release.Namespace | sha256sum | trunc 6 -}}
{{- include "agentrig.componentName" (list . (printf "runner-%s" $hash)) -}}
{{- end -}}
{{- end }}
