{{/* `results.webhook` with the templates of the names in it executed, as YAML; the message's own
template is the runner's affair. Call: . (root context). */}}
{{- define "agentrig.webhook" -}}
{{- include "agentrig.render" (list . (omit .Values.results.webhook "template")) -}}
{{- end }}

{{/* "true" where the run sends a message, else empty. Call: . (root context). */}}
{{- define "agentrig.hasWebhook" -}}
{{- if .Values.results.webhook.urlSecret.name -}}true{{- end -}}
{{- end }}

{{/* Where the template of the message is: a map `name`, `key`, in YAML; empty for none.
Call: . (root context). */}}
{{- define "agentrig.webhookTemplate" -}}
{{- $webhook := include "agentrig.webhook" . | fromYaml -}}
{{- if .Values.results.webhook.template -}}
{{- dict "name" (include "agentrig.componentName" (list . "webhook")) "key" "template" | toYaml -}}
{{- else if $webhook.templateConfigMap.name -}}
{{- toYaml $webhook.templateConfigMap -}}
{{- end -}}
{{- end }}

{{/* Environment of the webhook, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.webhookEnv" -}}
{{- if include "agentrig.hasWebhook" . }}
{{- $webhook := include "agentrig.webhook" . | fromYaml -}}
{{- include "agentrig.secretEnv" (list $webhook.urlSecret.name (dict "AGENTRIG_RUN_WEBHOOK" $webhook.urlSecret.key)) }}
{{- $texts := dict "AGENTRIG_RUN_WEBHOOK_ON" $webhook.when "AGENTRIG_RUN_WEBHOOK_NAME" $webhook.name -}}
{{- if include "agentrig.caName" $webhook.ca -}}{{- $_ := set $texts "AGENTRIG_RUN_WEBHOOK_CA" "/etc/agentrig/webhook-ca/ca.crt" -}}{{- end -}}
{{- if include "agentrig.webhookTemplate" . -}}{{- $_ := set $texts "AGENTRIG_RUN_WEBHOOK_TEMPLATE" "/etc/agentrig/webhook/template" -}}{{- end -}}
{{- include "agentrig.textEnv" $texts }}
{{- end }}
{{- end }}
