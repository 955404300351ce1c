{{/* Where results go, a YAML list of NetworkPolicyEgressRule; may be empty.
Call: (list $ "store" "search"), with those that are meant. */}}
{{- define "agentrig.resultsEgress" -}}
{{- $root := index . 0 -}}
{{- $urls := include "agentrig.resultsUrls" $root | fromYaml -}}
{{- range $name := rest . }}
{{- if hasKey $urls $name }}
{{- $targets := index $root.Values.networkPolicy.results $name }}
{{- if kindIs "invalid" $targets }}
{{- $targets = include "agentrig.targetsOfUrl" (list $root (index $urls $name)) | fromYamlArray }}
{{- end }}
{{- include "agentrig.targetsEgress" (list $root $targets) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The servers that results go to: name → URL, empty where it is unknown here, a map in YAML.
Call: . (root context). */}}
{{- define "agentrig.resultsUrls" -}}
{{- $urls := dict -}}
{{- $store := include "agentrig.store" . | fromYaml -}}
{{- if hasPrefix "s3://" $store.url -}}{{- $_ := set $urls "store" $store.endpoint -}}{{- end -}}
{{- with (include "agentrig.search" . | fromYaml).url -}}{{- $_ := set $urls "search" . -}}{{- end -}}
{{- if include "agentrig.hasWebhook" . -}}{{- $_ := set $urls "webhook" "" -}}{{- end -}}
{{- if .Values.results.dashboards.install -}}{{- $_ := set $urls "dashboards" (include "agentrig.dashboards" . | fromYaml).url -}}{{- end -}}
{{- toYaml $urls -}}
{{- end }}

{{/* What a URL leads to, as `networkPolicy.targets`, a YAML list; empty where its name says nothing of
an address. Call: (list $ "http://NAME.NAMESPACE.svc:80"). */}}
{{- define "agentrig.targetsOfUrl" -}}
{{- $root := index . 0 -}}
{{- $url := index . 1 | urlParse -}}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" | trimAll "[]" -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") | int64 -}}
{{- $label := "[a-z0-9]([-a-z0-9]*[a-z0-9])?" -}}
{{- if regexMatch "^[0-9.]+$" $host -}}
- {cidr: {{ $host }}/32, ports: [{{ $port }}]}
{{- else if contains ":" $host -}}
- {cidr: "{{ $host }}/128", ports: [{{ $port }}]}
{{- else if regexMatch (printf "^%s(\\.%s\\.svc(\\..+)?)?$" $label $label) $host -}}
{{- $namespace := regexFind "^[^.]+\\.[^.]+" $host | splitList "." | last | default $root.Release.Namespace -}}
- {namespace: {{ $namespace | quote }}, ports: [{{ $port }}]}
{{- end -}}
{{- end }}

{{/* Refuses a policy that would keep results from where they are to go. Call: . (root context). */}}
{{- define "agentrig.refuseResultsPolicy" -}}
{{- range $name, $url := include "agentrig.resultsUrls" . | fromYaml -}}
{{- $given := index $.Values.networkPolicy.results $name -}}
{{- if and (kindIs "invalid" $given) (not (include "agentrig.targetsOfUrl" (list $ $url) | fromYamlArray)) -}}
{{- $where := dict "store" "Amazon S3" "webhook" "the URL of a Secret" | dig $name "" -}}
{{- if $url -}}{{- $where = $url -}}{{- end -}}
{{- fail (printf "networkPolicy.enabled would keep results.%s from %s, and a policy knows addresses only: set networkPolicy.results.%s to them, such as [{cidr: 203.0.113.0/24, ports: [443]}], or to [] if networkPolicy.targets has them" $name $where $name) -}}
{{- end -}}
{{- include "agentrig.refuseNetworkTargets" (list (printf "networkPolicy.results.%s" $name) ($given | default list)) -}}
{{- end -}}
{{- end }}
