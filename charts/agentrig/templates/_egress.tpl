{{/* Where the runner may connect to, a YAML list of NetworkPolicyEgressRule; may be empty.
Call: . (root context). */}}
{{- define "agentrig.egress" -}}
{{- $policy := .Values.networkPolicy -}}
{{- include "agentrig.dnsEgress" . }}
{{- if $policy.agents.enabled }}
# The agents under test.
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ include "agentrig.agentsNamespace" . | quote }}
      {{- with $policy.agents.podSelector }}
      podSelector:
        {{- include "agentrig.render" (list $ .) | nindent 8 }}
      {{- end }}
  {{- include "agentrig.egressPorts" $policy.agents.ports }}
{{- end }}
{{- if and (eq (include "agentrig.needsToken" .) "true") $policy.apiServer.cidrs }}
# The cluster's API, as the run's account has rights in it.
- to:
    {{- range $policy.apiServer.cidrs }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
  {{- include "agentrig.egressPorts" $policy.apiServer.ports }}
{{- end }}
{{- include "agentrig.targetsEgress" (list . $policy.targets) }}
{{- include "agentrig.resultsEgress" (list . "store" "search" "webhook") }}
{{- end }}

{{/* The rule for names, which all Pods need; may be empty. Call: . (root context). */}}
{{- define "agentrig.dnsEgress" -}}
{{- with .Values.networkPolicy.dns.to }}
# DNS, over TCP too: an answer may be too long for UDP.
- to:
    {{- toYaml . | nindent 4 }}
  ports:
    {{- range $.Values.networkPolicy.dns.ports }}
    - {port: {{ int64 . }}, protocol: UDP}
    - {port: {{ int64 . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}

{{/* Rules for targets of the values. Call: (list $ TARGETS), as `networkPolicy.targets`. */}}
{{- define "agentrig.targetsEgress" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
- to:
    {{- if .cidr }}
    - ipBlock:
        {{- omit . "ports" | toYaml | nindent 8 }}
    {{- else }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace | default $root.Release.Namespace | quote }}
      {{- with .podSelector }}
      podSelector:
        {{- include "agentrig.render" (list $root .) | nindent 8 }}
      {{- end }}
    {{- end }}
  {{- include "agentrig.egressPorts" .ports }}
{{- end }}
{{- end }}

{{/* Ports of one rule, on lines of their own; none means any port. Call: list of port numbers. */}}
{{- define "agentrig.egressPorts" }}
{{- with . }}
  ports:
    {{- range . }}
    - {port: {{ int64 . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}

{{/* Refuses a policy that would cut the run off from what it was given rights for.
Call: . (root context). */}}
{{- define "agentrig.refuseNetworkPolicy" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if and (eq (include "agentrig.needsToken" .) "true") (not $policy.apiServer.cidrs) -}}
{{- fail "networkPolicy.enabled would keep the run from the cluster's API, where rbac or serviceAccount.mountToken lets it in: set networkPolicy.apiServer.cidrs to the addresses of `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes`, such as [10.0.0.1/32]" -}}
{{- end -}}
{{- include "agentrig.refuseNetworkTargets" (list "networkPolicy.targets" $policy.targets) -}}
{{- include "agentrig.refuseResultsPolicy" . -}}
{{- end }}

{{/* Refuses targets that are none. Call: (list "networkPolicy.targets" TARGETS). */}}
{{- define "agentrig.refuseNetworkTargets" -}}
{{- $value := index . 0 -}}
{{- range $index, $target := index . 1 -}}
{{- $where := printf "%s[%d]" $value $index -}}
{{- if and $target.cidr (or $target.namespace $target.podSelector) -}}
{{- fail (printf "%s has a cidr, and pods as well: write two targets" $where) -}}
{{- else if and $target.except (not $target.cidr) -}}
{{- fail (printf "%s.except takes addresses out of a cidr, and there is none: add cidr" $where) -}}
{{- else if not (or $target.cidr $target.namespace $target.podSelector) -}}
{{- fail (printf "%s names no target: add namespace, podSelector or cidr" $where) -}}
{{- end -}}
{{- end -}}
{{- end }}
