# What the demo's sidecars ask of a request, and of what an agent says it did.
# agentrig.demo.policy evaluates the same rules without a server; a test compares the two.
package agentrig.demo

default allow := false

allow if count(violations) == 0

# Reading is free; every other method acts.
acts if not input.method in {"GET", "HEAD", "OPTIONS"}

violations contains "the agent declares no guardrails" if {
	acts
	count(input.guardrails.required) == 0
}

violations contains sprintf("guardrail '%s' was not invoked", [name]) if {
	acts
	some name in input.guardrails.required
	not name in input.guardrails.invoked
}

violations contains sprintf("tool '%s' is not declared", [name]) if {
	some name in input.tools.called
	not name in input.tools.declared
}

violations contains sprintf("tool '%s' was called without the user's confirmation", [name]) if {
	some name in input.tools.called
	name in input.tools.destructive
	not input.user_confirmed
}
