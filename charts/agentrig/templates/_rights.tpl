{{/* Rules of each preset, a YAML list. Call: (list "read-pods").
What `patch-deployments` grants is what steps of the kind `kubernetes` ask of the API: `exec` is
`get` or `create`, by the client's protocol. */}}
{{- define "agentrig.presetRules" -}}
{{- $preset := index . 0 -}}
{{- if has $preset (list "read-pods" "patch-deployments") -}}
- apiGroups: [""]
  resources: [pods, pods/log]
  verbs: [get, list, watch]
{{ end -}}
{{- if eq $preset "patch-deployments" -}}
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, list, watch, patch]
- apiGroups: [""]
  resources: [pods/exec]
  verbs: [get, create]
{{ end -}}
{{- end }}

{{/* Rules of the Role, a YAML list: those of the preset, then one's own. Call: . (root context).
Empty where the run may do nothing. */}}
{{- define "agentrig.rules" -}}
{{- $rules := include "agentrig.presetRules" (list .Values.rbac.preset) | fromYamlArray -}}
{{- with concat $rules (.Values.rbac.rules | default list) -}}
{{- include "agentrig.render" (list $ .) -}}
{{- end -}}
{{- end }}

{{/* "true" if the run is granted anything in the cluster's API, else empty.
Call: . (root context). */}}
{{- define "agentrig.hasRights" -}}
{{- if or (include "agentrig.rules" .) .Values.rbac.clusterRules -}}
true
{{- end -}}
{{- end }}

{{/* "true" if the Pod needs the account's API token, else "false". Call: . (root context). */}}
{{- define "agentrig.needsToken" -}}
{{- or (eq (include "agentrig.hasRights" .) "true") .Values.serviceAccount.mountToken -}}
{{- end }}

{{/* Name of the ClusterRole and its binding: other namespaces have releases of this name too.
Call: . (root context). */}}
{{- define "agentrig.clusterRoleName" -}}
{{- include "agentrig.componentName" (list . (printf "runner-%s" (.Release.Namespace | sha256sum | trunc 6))) -}}
{{- end }}
