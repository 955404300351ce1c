{{/* Refuses runs that would be cut off, or would have no end. Call: . (root context). */}}
{{- define "agentrig.refuseTime" -}}
{{- $deadline := int64 .Values.job.activeDeadlineSeconds -}}
{{- $grace := int64 .Values.terminationGracePeriodSeconds -}}
{{- with include "agentrig.option" (list . "--repeat-for" "AGENTRIG_RUN_REPEAT_FOR") -}}
{{- $seconds := include "agentrig.seconds" . | int64 -}}
{{- if ge (add $seconds $grace) $deadline -}}
{{- fail (printf "--repeat-for %s lasts %d s, and job.activeDeadlineSeconds ends all after %d s: set it to more than %d, the time itself and terminationGracePeriodSeconds for the end" . $seconds $deadline (add $seconds $grace)) -}}
{{- end -}}
{{- end -}}
{{- with include "agentrig.option" (list . "--timeout" "PYTEST_TIMEOUT") -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+)?$" . -}}
{{- $seconds := float64 . | ceil | int64 -}}
{{- if eq $seconds 0 -}}
{{- fail (printf "--timeout %s takes the time limit from every test, so one that hangs would take all the time there is: set it to the seconds that one test may take, such as 300" .) -}}
{{- else if gt $seconds $deadline -}}
{{- fail (printf "--timeout %s allows one test more than the %d s of job.activeDeadlineSeconds: the whole run would be ended with a test that hangs; set one of them, so that the deadline is longer" . $deadline) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $file, $content := .Values.scenarios.inline -}}
{{- range regexFindAll "(?m)^timeout:[ \t]*[\"']?[0-9.]+(ms|s|m|h|d)" $content -1 -}}
{{- $limit := regexFind "[0-9.]+(ms|s|m|h|d)$" . -}}
{{- if gt (include "agentrig.seconds" $limit | int64) $deadline -}}
{{- fail (printf "scenarios.inline: %q may take %s, and job.activeDeadlineSeconds ends all after %d s: set one of them, so that the deadline is longer" $file $limit $deadline) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What an option is given by `run.args` or by its variable in `env`, empty if by neither; the last
one counts. Call: (list $ "--option" "VARIABLE"). */}}
{{- define "agentrig.option" -}}
{{- $root := index . 0 -}}
{{- $option := index . 1 -}}
{{- $found := index $root.Values.env (index . 2) -}}
{{- $next := false -}}
{{- range $root.Values.run.args -}}
{{- if $next -}}{{- $found = . -}}{{- $next = false -}}
{{- else if eq . $option -}}{{- $next = true -}}
{{- else if hasPrefix (printf "%s=" $option) . -}}{{- $found = trimPrefix (printf "%s=" $option) . -}}
{{- end -}}
{{- end -}}
{{- if kindIs "string" $found -}}{{- $found -}}{{- end -}}
{{- end }}

{{/* Seconds of a duration such as 250ms, 10s, 1.5m, 1h or 7d, rounded up; 0 for what is none.
Call: "1h". */}}
{{- define "agentrig.seconds" -}}
{{- $units := dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 "d" 86400.0 -}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$" . -}}
{{- mulf (regexFind "^[0-9.]+" . | float64) (index $units (regexFind "[a-z]+$" .)) | ceil | int64 -}}
{{- else -}}
0
{{- end -}}
{{- end }}
