{{/* How many pods of this release run at once at most. Call: . (root context). */}}
{{- define "agentrig.podsAtOnce" -}}
{{- if include "agentrig.isSharded" . -}}
{{- .Values.shards.parallelism | default .Values.shards.count | int64 -}}
{{- else -}}
1
{{- end -}}
{{- end }}

{{/* Refuses a budget that could not hold. Call: . (root context). */}}
{{- define "agentrig.refuseBudget" -}}
{{- if and .Values.podDisruptionBudget.enabled (eq .Values.mode "cronjob") (eq .Values.cronjob.concurrencyPolicy "Allow") -}}
{{- fail "podDisruptionBudget needs to know how many pods there are, and cronjob.concurrencyPolicy \"Allow\" sets no bound: set it to Forbid or Replace, or podDisruptionBudget.enabled=false" -}}
{{- end -}}
{{- end }}
