{{/* Ends the render with a way out where a value would make runs that cannot be trusted.
Call: . (root context). What only types and patterns tell, the schema refuses before this. */}}
{{- define "agentrig.refuse" -}}
{{- if not .Values.enabled -}}
{{- fail (printf "enabled is false, and nothing reads it: write `condition: %s.enabled` beside the dependency in the parent's Chart.yaml" .Chart.Name) -}}
{{- end -}}
{{- include "agentrig.refuseImage" . -}}
{{- include "agentrig.refuseUnbounded" . -}}
{{- include "agentrig.refuseTime" . -}}
{{- include "agentrig.refuseNamespaces" . -}}
{{- include "agentrig.refuseEnv" . -}}
{{- include "agentrig.refuseCredentials" . -}}
{{- include "agentrig.refuseTargets" . -}}
{{- include "agentrig.refuseScenarios" . -}}
{{- include "agentrig.refuseRights" . -}}
{{- include "agentrig.refuseSecrets" . -}}
{{- include "agentrig.refuseResults" . -}}
{{- include "agentrig.refuseBudget" . -}}
{{- include "agentrig.refuseShards" . -}}
{{- include "agentrig.refuseQueue" . -}}
{{- include "agentrig.refuseBeside" . -}}
{{- include "agentrig.refuseVolumes" . -}}
{{- include "agentrig.refuseLabels" . -}}
{{- end }}

{{/* Refuses an image that may be another one tomorrow. Call: . (root context). */}}
{{- define "agentrig.refuseImage" -}}
{{- $image := .Values.image -}}
{{- if not $image.digest -}}
{{- if not $image.tag -}}
{{- fail "image.tag is empty, and so is image.digest: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- else if eq (lower $image.tag) "latest" -}}
{{- fail "image.tag \"latest\" may be another image at the next run: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "(@|:[^/]*$)" $image.repository -}}
{{- fail (printf "image.repository %q holds a tag or digest: move it to image.tag or image.digest" $image.repository) -}}
{{- end -}}
{{- end }}

{{/* Refuses runs without an end or a size. Call: . (root context). */}}
{{- define "agentrig.refuseUnbounded" -}}
{{- if not .Values.job.activeDeadlineSeconds -}}
{{- fail "job.activeDeadlineSeconds is missing, so a hung run would never end: set it to the seconds that a whole run may take, such as 1800" -}}
{{- end -}}
{{- if kindIs "invalid" .Values.job.ttlSecondsAfterFinished -}}
{{- fail "job.ttlSecondsAfterFinished is missing, so finished runs would pile up: set it to the seconds to keep them, such as 86400" -}}
{{- end -}}
{{- if kindIs "invalid" .Values.job.backoffLimit -}}
{{- fail "job.backoffLimit is missing, and Kubernetes would try 6 times more: set it to the retries after infrastructure errors, such as 1" -}}
{{- end -}}
{{- if ne .Values.restartPolicy "Never" -}}
{{- fail (printf "restartPolicy is %q, and a runner that is started again in the same Pod would hide how it ended: set it to Never; job.backoffLimit says how often infrastructure errors are tried again, in a new Pod" .Values.restartPolicy) -}}
{{- end -}}
{{- $limits := (.Values.resources).limits | default dict -}}
{{- range $resource, $example := dict "cpu" "1" "memory" "256Mi" -}}
{{- if not (index $limits $resource) -}}
{{- fail (printf "resources.limits.%s is missing, so tests could starve the agents beside them: set it, for example to %q" $resource $example) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses what a Job's fields cannot mean together. Call: . (root context). */}}
{{- define "agentrig.refuseQueue" -}}
{{- $replacement := .Values.job.podReplacementPolicy -}}
{{- if and $replacement (ne $replacement "Failed") -}}
{{- fail (printf "job.podReplacementPolicy is %q, and Kubernetes allows only \"Failed\" beside a podFailurePolicy: set it so, or to null" $replacement) -}}
{{- end -}}
{{- if and (eq .Values.mode "hook") (or .Values.kueue.queueName .Values.job.suspend) -}}
{{- fail "`helm test` waits for its Pod, which neither kueue.queueName nor job.suspend can hold back: remove them, or set mode to job, sharded or cronjob" -}}
{{- end -}}
{{- end }}

{{/* Refuses labels that would replace those by which objects are found. Call: . (root context). */}}
{{- define "agentrig.refuseLabels" -}}
{{- $own := include "agentrig.ownLabels" . | fromYaml -}}
{{- $labels := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "job.labels" .Values.job.labels -}}
{{- range $value, $map := $labels -}}
{{- range $name, $text := $map -}}
{{- if or (hasKey $own $name) (and (ne $value "commonLabels") (hasKey $.Values.commonLabels $name)) -}}
{{- fail (printf "%s: %q is set already, and objects are found by it: choose another name" $value $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
