{{/* Refuses results that could not go where the values say. Call: . (root context). */}}
{{- define "agentrig.refuseResults" -}}
{{- include "agentrig.refuseResultLabels" . -}}
{{- include "agentrig.refuseStore" . -}}
{{- include "agentrig.refusePersistence" . -}}
{{- include "agentrig.refuseSearch" . -}}
{{- include "agentrig.refuseWebhook" . -}}
{{- include "agentrig.refuseDashboards" . -}}
{{- end }}

{{/* Refuses labels that no run could have. Call: . (root context). */}}
{{- define "agentrig.refuseResultLabels" -}}
{{- range $name, $text := .Values.results.labels -}}
{{- if not (regexMatch "^[^=\\s]([^=\\n]*[^=\\s])?$" $name) -}}
{{- fail (printf "results.labels: %q is no name of a label: write letters and no '=', as in environment" $name) -}}
{{- else if contains "\n" $text -}}
{{- fail (printf "results.labels.%s has several lines: write one" $name) -}}
{{- else if include "agentrig.looksLikeCredential" (list $name $text) -}}
{{- fail (printf "results.labels.%s looks like a credential in plain text, and every report would show it: remove it" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses a search index that cannot be written as the values say. Call: . (root context). */}}
{{- define "agentrig.refuseSearch" -}}
{{- $search := include "agentrig.search" . | fromYaml -}}
{{- include "agentrig.refuseSearchAccess" (list "results.search" $search) -}}
{{- $hasCa := include "agentrig.caName" $search.ca -}}
{{- $hasMore := or $search.index $search.dataStream $hasCa $search.apiKeySecret.name $search.basicAuthSecret.name $search.env $search.requireDelivery -}}
{{- if and (not $search.url) $hasMore -}}
{{- fail "results.search has no url: set results.search.url, or remove the rest" -}}
{{- end -}}
{{- end }}

{{/* Refuses dashboards that nobody would install, or nowhere. Call: . (root context). */}}
{{- define "agentrig.refuseDashboards" -}}
{{- $dashboards := include "agentrig.dashboards" . | fromYaml -}}
{{- $hasMore := or $dashboards.url $dashboards.space $dashboards.tenant $dashboards.overwrite (include "agentrig.caName" $dashboards.ca) $dashboards.apiKeySecret.name $dashboards.basicAuthSecret.name -}}
{{- include "agentrig.refuseSearchAccess" (list "results.dashboards" $dashboards) -}}
{{- if and $dashboards.space $dashboards.tenant -}}
{{- fail "results.dashboards.space is Kibana's, and tenant OpenSearch Dashboards': keep one" -}}
{{- else if and $dashboards.install (not $dashboards.url) -}}
{{- fail "results.dashboards.install needs to know where: set results.dashboards.url to that of Kibana or OpenSearch Dashboards" -}}
{{- else if and $hasMore (not $dashboards.install) -}}
{{- fail "results.dashboards.install is false, so the rest does nothing: set it to true, or remove the rest" -}}
{{- end -}}
{{- end }}

{{/* Refuses ways to a server that are none, or that everybody could read.
Call: (list "results.search" MAP). */}}
{{- define "agentrig.refuseSearchAccess" -}}
{{- $value := index . 0 -}}
{{- $server := index . 1 -}}
{{- range $key := list "apiKey" "username" "password" -}}
{{- if hasKey $server $key -}}
{{- fail (printf "%s.%s would stand in the release, where `helm get values` shows it: keep it in a Secret, and name that in %s.%s" $value $key $value (eq $key "apiKey" | ternary "apiKeySecret" "basicAuthSecret")) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "://[^/@]*@" $server.url -}}
{{- fail (printf "%s.url holds a credential, which everybody could read in the Pod's spec: keep it in a Secret, and name that in %s.apiKeySecret or basicAuthSecret" $value $value) -}}
{{- else if and $server.apiKeySecret.name $server.basicAuthSecret.name -}}
{{- fail (printf "%s has an apiKeySecret and a basicAuthSecret: keep the one that the server asks for" $value) -}}
{{- else if and (include "agentrig.caName" $server.ca) (hasPrefix "http://" $server.url) -}}
{{- fail (printf "%s.ca is for https, and %s.url is %q: write https://, or remove the ca" $value $value $server.url) -}}
{{- end -}}
{{- include "agentrig.refuseCa" (list (printf "%s.ca" $value) $server.ca) -}}
{{- end }}

{{/* Refuses a webhook that would have no URL, or tell it. Call: . (root context). */}}
{{- define "agentrig.refuseWebhook" -}}
{{- $webhook := .Values.results.webhook -}}
{{- if hasKey $webhook "url" -}}
{{- fail "results.webhook.url would stand in the release, where `helm get values` shows it, and whoever knows the URL can write there: keep it in a Secret (kubectl create secret generic webhook --from-literal=url=...), and set results.webhook.urlSecret.name" -}}
{{- else if and (not $webhook.urlSecret.name) (or $webhook.template $webhook.templateConfigMap.name $webhook.name (include "agentrig.caName" $webhook.ca) (ne $webhook.when "failure")) -}}
{{- fail "results.webhook has no URL: set results.webhook.urlSecret.name to the Secret that holds it, or remove the rest" -}}
{{- else if and $webhook.template $webhook.templateConfigMap.name -}}
{{- fail "results.webhook has a template and a templateConfigMap: keep one" -}}
{{- else if and (eq $webhook.when "change") (not (include "agentrig.storeUrl" .)) -}}
{{- fail "results.webhook.when is \"change\", and nobody would know how the run before ended: set results.store.url or results.persistence, or when to failure" -}}
{{- end -}}
{{- include "agentrig.refuseCa" (list "results.webhook.ca" $webhook.ca) -}}
{{- range $index, $arg := .Values.run.args -}}
{{- if regexMatch "^--webhook(=|$)" $arg -}}
{{- fail (printf "run.args[%d] is the URL of a webhook, which `helm get values` would show: set results.webhook.urlSecret" $index) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses authorities from two places. Call: (list "results.store.ca" MAP). */}}
{{- define "agentrig.refuseCa" -}}
{{- $ca := index . 1 -}}
{{- if and $ca.configMap $ca.secret -}}
{{- fail (printf "%s names a configMap and a secret: keep one" (index . 0)) -}}
{{- end -}}
{{- end }}
