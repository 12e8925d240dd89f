# Verbs, for those who have `just`: each is one line over script/ or cargo, and needs nothing else.

# List the verbs.
default:
    @just --list

# Install what is missing.
bootstrap:
    script/bootstrap

# Build the server and run it with demo data.
server *arguments:
    script/server {{arguments}}

# What needs no running program: formatting, lints, tidiness, licences, documentation.
check:
    script/check

# Everything CI checks.
test:
    script/test

# One test, or those of one crate: just one -p seating expired_hold.
one *arguments:
    cargo test --all-features {{arguments}}

# Rewrite what tests compare with: the API's description, the problems, the drawn plan.
bless:
    script/bless

# Ask the server all that the API's description allows.
contract *callers:
    script/contract {{callers}}

# Break a running server: just drill kill9 --cycles 10.
drill *arguments:
    script/drill {{arguments}}

# Drive a server with k6: just loadtest smoke.
loadtest *arguments:
    script/loadtest {{arguments}}

# Beside the designs that people use instead.
compare *arguments:
    script/compare {{arguments}}

# What a part costs: just bench --bench seat_map -- best.
bench *arguments:
    cargo bench {{arguments}}

# Holds per second of this tree beside those of a commit: just pace main.
pace commit:
    script/pace {{commit}}
