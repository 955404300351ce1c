{{/* Where the runner may connect to, a YAML list of NetworkPolicyEgressRule; may be empty.
Call: . (root context). */}}
{{- define "agentrig.egress" -}}
{{- $policy := .Values.networkPolicy -}}
{{- with $policy.dns.to }}
# DNS, over TCP too: an answer may be too long for UDP.
- to:
    {{- toYaml . | nindent 4 }}
  ports:
    {{- range $policy.dns.ports }}
    - {port: {{ int64 . }}, protocol: UDP}
    - {port: {{ int64 . }}, protocol: TCP}
    {{- end }}
{{- end }}
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
{{- range $policy.targets }}
- to:
    {{- if .cidr }}
    - ipBlock:
        {{- omit . "ports" | toYaml | nindent 8 }}
    {{- else }}
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .namespace | default $.Release.Namespace | quote }}
      {{- with .podSelector }}
      podSelector:
        {{- include "agentrig.render" (list $ .) | nindent 8 }}
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
{{- range $index, $target := $policy.targets -}}
{{- if and $target.cidr (or $target.namespace $target.podSelector) -}}
{{- fail (printf "networkPolicy.targets[%d] has a cidr, and pods as well: write two targets" $index) -}}
{{- else if and $target.except (not $target.cidr) -}}
{{- fail (printf "networkPolicy.targets[%d].except takes addresses out of a cidr, and there is none: add cidr" $index) -}}
{{- else if not (or $target.cidr $target.namespace $target.podSelector) -}}
{{- fail (printf "networkPolicy.targets[%d] names no target: add namespace, podSelector or cidr" $index) -}}
{{- end -}}
{{- end -}}
{{- end }}
