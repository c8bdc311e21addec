/**
 * The one hook of the forge's bare repositories. It refuses a push as GitHub words it; what to refuse comes by environment from
 * the HTTP door, which knows who pushes: FORGE_WORKFLOWS=denied (an app without the `workflows` permission), FORGE_PROTECTED
 * (branch names, one a line). One line of a push that is refused refuses all of it, as on GitHub.
 */
export const PRE_RECEIVE = `#!/bin/sh
zero=0000000000000000000000000000000000000000
empty=4b825dc642cb6eb9a060e54bf8d69288fbee4904
status=0
while read -r old new ref; do
  case "$ref" in
    refs/heads/*)
      branch=\${ref#refs/heads/}
      if [ -n "$FORGE_PROTECTED" ] && printf '%s\\n' "$FORGE_PROTECTED" | grep -Fxq -- "$branch"; then
        echo "error: GH006: Protected branch update failed for $ref." >&2
        status=1
      fi
      ;;
  esac
  if [ "$FORGE_WORKFLOWS" = denied ] && [ "$new" != "$zero" ]; then
    if [ "$old" = "$zero" ]; then
      base=$(git merge-base "$FORGE_DEFAULT_SHA" "$new" 2>/dev/null || echo "$empty")
    else
      base=$old
    fi
    file=$(git diff --no-renames --name-only "$base" "$new" -- .github/workflows | head -n 1)
    if [ -n "$file" ]; then
      echo "refusing to allow a GitHub App to create or update workflow \\\`$file\\\` without \\\`workflows\\\` permission" >&2
      status=1
    fi
  fi
done
exit $status
`;
