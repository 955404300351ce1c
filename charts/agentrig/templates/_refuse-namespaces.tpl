{{/* Refuses tests where nobody tests, by the names and the labels of the namespaces: the release's,
the agents' and the Role's. Call: . (root context). */}}
{{- define "agentrig.refuseNamespaces" -}}
{{- if not .Values.allowProduction -}}
{{- range $namespace := list .Release.Namespace (include "agentrig.agentsNamespace" .) (include "agentrig.roleNamespace" .) | uniq -}}
{{- range $pattern := $.Values.refuseNamespaces -}}
{{- if regexMatch (printf "^%s$" ($pattern | replace "*" ".*")) $namespace -}}
{{- fail (printf "namespace %q is not for tests: refuseNamespaces has %q; use a namespace of the tests' own for the release and the agents, leave the chart out of this installation, or set allowProduction=true if this is meant" $namespace $pattern) -}}
{{- end -}}
{{- end -}}
{{- if $.Values.refuseNamespaceLabels -}}
{{- include "agentrig.refuseNamespaceLabels" (list $ $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses one namespace by its labels. Call: (list $ "NAMESPACE"). Without a cluster, as in
`helm template`, and before the namespace is made, there are none to see. */}}
{{- define "agentrig.refuseNamespaceLabels" -}}
{{- $root := index . 0 -}}
{{- $namespace := index . 1 -}}
{{- $labels := ((lookup "v1" "Namespace" "" $namespace).metadata).labels | default dict -}}
{{- range $refused := $root.Values.refuseNamespaceLabels -}}
{{- $name := splitList "=" $refused | first -}}
{{- if eq (index $labels $name | default "") (trimPrefix (printf "%s=" $name) $refused) -}}
{{- fail (printf "namespace %q is not for tests: it has the label %s, which refuseNamespaceLabels refuses; use a namespace of the tests' own for the release and the agents, leave the chart out of this installation, or set allowProduction=true if this is meant" $namespace $refused) -}}
{{- end -}}
{{- end -}}
{{- end }}
