{{/* Refuses a store that is none. Call: . (root context). */}}
{{- define "agentrig.refuseStore" -}}
{{- $store := include "agentrig.store" . | fromYaml -}}
{{- $isBucket := hasPrefix "s3://" $store.url -}}
{{- if and $isBucket (not (regexMatch "^s3://[a-z0-9][-a-z0-9.]{1,61}[a-z0-9](/[^?#@]*)?$" $store.url)) -}}
{{- fail "results.store.url is no bucket and prefix: write s3://BUCKET/PREFIX, give the server by results.store.endpoint, and credentials by results.store.credentialsSecret" -}}
{{- else if regexMatch "://[^/@]*@" $store.endpoint -}}
{{- fail "results.store.endpoint holds a credential, which everybody could read in the Pod's spec: keep it in a Secret, and name that in results.store.credentialsSecret" -}}
{{- else if and (not $isBucket) (or $store.endpoint $store.region $store.kmsKeyId $store.pathStyle $store.credentialsSecret.name (include "agentrig.caName" $store.ca)) -}}
{{- fail "results.store.url names no bucket, and the rest of results.store is for one: set it to s3://BUCKET/PREFIX, or remove the rest" -}}
{{- end -}}
{{- include "agentrig.refuseCa" (list "results.store.ca" $store.ca) -}}
{{- $claim := include "agentrig.resultsClaim" . -}}
{{- if and $isBucket $claim -}}
{{- fail "results.store.url is a bucket, and results.persistence a volume: results are kept in one place; remove one of them" -}}
{{- else if and $store.url (not $isBucket) -}}
{{- $folders := list -}}
{{- if $claim -}}{{- $folders = append $folders "/store" -}}{{- end -}}
{{- range .Values.extraVolumeMounts -}}{{- if not .readOnly -}}{{- $folders = append $folders (trimSuffix "/" .mountPath) -}}{{- end -}}{{- end -}}
{{- $isThere := false -}}
{{- range $folders -}}{{- if or (eq $store.url .) (hasPrefix (printf "%s/" .) $store.url) -}}{{- $isThere = true -}}{{- end -}}{{- end -}}
{{- if or (not $isThere) (contains "/.." $store.url) -}}
{{- fail (printf "results.store.url %q is no folder of a volume, and would go with the Pod: set results.persistence and write /store or a folder below it, or s3://BUCKET/PREFIX" $store.url) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses a claim that the Pods of a run could not all mount. Call: . (root context). */}}
{{- define "agentrig.refusePersistence" -}}
{{- $persistence := .Values.results.persistence -}}
{{- if and $persistence.create $persistence.existingClaim -}}
{{- fail "results.persistence.create makes a claim, and existingClaim names another: remove one of them" -}}
{{- else if and $persistence.create (ne $persistence.accessMode "ReadWriteMany") -}}
{{- $others := "" -}}
{{- if gt (include "agentrig.podsAtOnce" . | int) 1 -}}
{{- $others = printf "%s shards run at once" (include "agentrig.podsAtOnce" .) -}}
{{- else if and (eq .Values.mode "cronjob") (eq .Values.cronjob.concurrencyPolicy "Allow") -}}
{{- $others = "cronjob.concurrencyPolicy Allow lets runs overlap" -}}
{{- end -}}
{{- if $others -}}
{{- fail (printf "results.persistence.accessMode is %q, and %s, where a Pod on another node would wait for the volume for ever: set it to ReadWriteMany with a storage class that can, keep results in a bucket (results.store.url), or let one Pod run at a time" $persistence.accessMode $others) -}}
{{- end -}}
{{- end -}}
{{- end }}
