{{/* Labels of every object of one agent. Call: (list $ "gymcoach" "sidecar"), the last being the
component: agent or sidecar. */}}
{{- define "demo-agents.labels" -}}
{{- $root := index . 0 -}}
{{ include "demo-agents.selectorLabels" . }}
app.kubernetes.io/part-of: {{ $root.Chart.Name }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end }}

{{/* Labels that select one component's Pods. Call: (list $ "gymcoach" "sidecar"). */}}
{{- define "demo-agents.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/component: {{ index . 2 }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
{{- end }}

{{/* Image reference; a digest wins. Call: . (root context). Refuses one that may be another
tomorrow. */}}
{{- define "demo-agents.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else if not $image.tag -}}
{{- fail "image.tag is empty, and so is image.digest: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- else if eq (lower $image.tag) "latest" -}}
{{- fail "image.tag \"latest\" may be another image at the next start: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- else -}}
{{- printf "%s:%s" $image.repository $image.tag -}}
{{- end -}}
{{- end }}

{{/* How a Deployment is rolled out: the new Pod is ready before the old one goes.
Call: . (root context). */}}
{{- define "demo-agents.rollout" -}}
replicas: 1
revisionHistoryLimit: 2
progressDeadlineSeconds: 120
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxSurge: 1
    maxUnavailable: 0
{{- end }}

{{/* The part of a Pod's spec beside its containers, the same for all. Call: . (root context). */}}
{{- define "demo-agents.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 5
securityContext:
  runAsNonRoot: true
  {{- if not (kindIs "invalid" .Values.podSecurityContext.runAsUser) }}
  runAsUser: {{ int64 .Values.podSecurityContext.runAsUser }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 16Mi
{{- end }}

{{/* The part of a container that is the same for all. Call: (list $ "http"), the last being the
name of the port that answers /health/live. The readiness probe asks it too: a sidecar's
/health/ready tells of the agent behind it, and a test must be able to see that failing. */}}
{{- define "demo-agents.container" -}}
{{- $root := index . 0 -}}
{{- $port := index . 1 -}}
image: {{ include "demo-agents.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
readinessProbe:
  httpGet: {path: /health/live, port: {{ $port }}}
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 3
livenessProbe:
  httpGet: {path: /health/live, port: {{ $port }}}
  # Ten Pods that start at once on two cores need a while.
  initialDelaySeconds: 30
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
lifecycle:
  preStop:
    # Until every node has taken the Pod out of its Services.
    sleep: {seconds: 1}
resources:
  {{- toYaml $root.Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  readOnlyRootFilesystem: true
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end }}
