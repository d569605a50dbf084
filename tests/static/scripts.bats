#!/usr/bin/env bats
# What the scripts say before they do anything, and that nothing is installed when all is there.

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || return
  # Whatever would install, build or change something fails.
  tools="$BATS_TEST_TMPDIR/tools"
  mkdir "$tools"
  for tool in apt-get sudo cmake ctest mmdebstrap dpkg-buildpackage; do
    printf '#!/bin/sh\necho "%s was called: $*"\nexit 99\n' "$tool" >"$tools/$tool"
    chmod +x "$tools/$tool"
  done
  PATH="$tools:$PATH"
}

@test "each script refuses an argument that it does not know, naming it, with status 2" {
  for script in deploy/package deploy/quickstart tests/run tests/fresh_root/run; do
    run "$script" --wrong
    [ "$status" -eq 2 ]
    [[ "$output" == *"'--wrong'"* ]]
  done
}

@test "each script tells its usage" {
  for script in deploy/package deploy/quickstart tests/run tests/fresh_root/run; do
    run "$script" --help
    [ "$status" -eq 0 ]
    [[ "$output" == "usage: $script"* ]]
  done
}

@test "nothing is installed when all is there" {
  source deploy/install-packages
  run install_packages bash coreutils
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "what is missing is installed, and only that" {
  printf '#!/bin/sh\necho "apt-get $*"\n' >"$BATS_TEST_TMPDIR/tools/apt-get"
  printf '#!/bin/sh\nexec "$@"\n' >"$BATS_TEST_TMPDIR/tools/sudo"
  source deploy/install-packages
  run install_packages bash no-such-package coreutils
  [ "$status" -eq 0 ]
  [[ "$output" == *"apt-get update"* ]]
  [[ "$output" == *"apt-get install"*" no-such-package" ]]
  [[ "$output" != *coreutils* ]]
}

@test "what can't be installed ends the script" {
  source deploy/install-packages
  run install_packages no-such-package
  [ "$status" -eq 99 ]
}

@test "a command in a namespace sees no segment of this one" {
  run tests/support/in_namespace cat /proc/sysvipc/shm
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 1 ]
}
