/**
 * The one hook of the forge's bare repositories. It refuses a push as GitHub words it; what to refuse comes by environment from the
 * HTTP door, which knows who pushes and which rules hold:
 * - FORGE_WORKFLOWS=denied: an app without the `workflows` permission
 * - FORGE_PROTECTED: names of protected branches, one a line
 * - FORGE_RULES: `TYPE PREFIX` lines of rulesets
 * What is refused refuses the whole push, as on GitHub.
 */
export const PRE_RECEIVE = `#!/bin/sh
zero=0000000000000000000000000000000000000000
empty=4b825dc642cb6eb9a060e54bf8d69288fbee4904
status=0
refuse() { echo "$1" >&2; status=1; }

# The commits that this push brings to the branch; a new branch brings what the default branch does not have.
unsigned() {
  [ "$old" = "$zero" ] && base=$FORGE_DEFAULT_SHA || base=$old
  for sha in $(git rev-list "$1" "^$base"); do
    git cat-file commit "$sha" | sed '/^$/q' | grep -q '^gpgsig ' || { echo "$sha"; return; }
  done
}

check_rules() {
  printf '%s\\n' "$FORGE_RULES" | while read -r type prefix; do
    case "$branch" in "$prefix"*) ;; *) continue ;; esac
    case "$type" in
      creation) [ "$old" = "$zero" ] && echo "Cannot create ref due to creations being restricted." ;;
      deletion) [ "$new" = "$zero" ] && echo "Cannot delete this branch" ;;
      update) [ "$old" != "$zero" ] && [ "$new" != "$zero" ] && echo "Cannot update this protected ref." ;;
      non_fast_forward)
        [ "$old" != "$zero" ] && [ "$new" != "$zero" ] && ! git merge-base --is-ancestor "$old" "$new" &&
          echo "Cannot force-push to this branch" ;;
      required_signatures) [ "$new" != "$zero" ] && [ -n "$(unsigned "$new")" ] && echo "Commits must have verified signatures." ;;
    esac
  done
}

while read -r old new ref; do
  case "$ref" in refs/heads/*) branch=\${ref#refs/heads/} ;; *) branch= ;; esac
  if [ -n "$branch" ]; then
    if [ -n "$FORGE_PROTECTED" ] && printf '%s\\n' "$FORGE_PROTECTED" | grep -Fxq -- "$branch"; then
      refuse "error: GH006: Protected branch update failed for $ref."
    fi
    if [ -n "$FORGE_RULES" ]; then
      violations=$(check_rules)
      [ -n "$violations" ] && refuse "error: GH013: Repository rule violations found for $ref.
$violations"
    fi
  fi
  if [ "$FORGE_WORKFLOWS" = denied ] && [ "$new" != "$zero" ]; then
    if [ "$old" = "$zero" ]; then
      base=$(git merge-base "$FORGE_DEFAULT_SHA" "$new" 2>/dev/null || echo "$empty")
    else
      base=$old
    fi
    file=$(git diff --no-renames --name-only "$base" "$new" -- .github/workflows | head -n 1)
    [ -n "$file" ] &&
      refuse "refusing to allow a GitHub App to create or update workflow \\\`$file\\\` without \\\`workflows\\\` permission"
  fi
done
exit $status
`;
