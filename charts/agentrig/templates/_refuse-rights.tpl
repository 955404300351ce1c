{{/* Refuses rights that no run of tests should have. Call: . (root context). */}}
{{- define "agentrig.refuseRights" -}}
{{- $rbac := .Values.rbac -}}
{{- if and (include "agentrig.hasRights" .) (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- fail "what rbac grants would go to the namespace's default account, so to every pod without one: set serviceAccount.create=true, or serviceAccount.name" -}}
{{- end -}}
{{- if and $rbac.clusterRules (not $rbac.allowClusterWide) -}}
{{- fail "rbac.clusterRules would hold in every namespace of the cluster: use rbac.rules for the agents' namespace, or set rbac.allowClusterWide=true if all of them are meant" -}}
{{- end -}}
{{- range $index, $rule := $rbac.rules -}}
{{- include "agentrig.refuseRule" (list (printf "rbac.rules[%d]" $index) $rule) -}}
{{- end -}}
{{- range $index, $rule := $rbac.clusterRules -}}
{{- include "agentrig.refuseRule" (list (printf "rbac.clusterRules[%d]" $index) $rule) -}}
{{- end -}}
{{- end }}

{{/* Refuses one rule that is without bounds, or from which any right can be had.
Call: (list "rbac.rules[0]" RULE). */}}
{{- define "agentrig.refuseRule" -}}
{{- $where := index . 0 -}}
{{- $rule := index . 1 -}}
{{- range $key := list "apiGroups" "resources" "verbs" -}}
{{- range $entry := index $rule $key -}}
{{- if contains "*" $entry -}}
{{- fail (printf "%s.%s holds %q, which also grants what nobody thought of: name what the tests need, such as resources [deployments], verbs [get, patch]" $where $key $entry) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $verb := $rule.verbs -}}
{{- if has $verb (list "bind" "escalate" "impersonate") -}}
{{- fail (printf "%s.verbs holds %q, from which a run could take any right: remove it, and grant what the tests need by name" $where $verb) -}}
{{- else if and (has "secrets" $rule.resources) (not $rule.resourceNames) (ne $verb "create") -}}
{{- fail (printf "%s would %s every Secret there is: add resourceNames with the Secrets that are meant, or mount them by `secrets`" $where $verb) -}}
{{- end -}}
{{- end -}}
{{- end }}
