/** What shells run to complete a command line of kanto-cm. All ask `kanto-cm __complete WORDS...`, the last word unfinished. */

/** Bash splits at `=` and `:` as well (COMP_WORDBREAKS); what stands before the last of them must not be given again. */
const BASH = `# bash completion for kanto-cm
__kanto_cm_complete() {
    local IFS=$'\\n' line current="\${COMP_WORDS[COMP_CWORD]}" typed words answers
    typed="\${COMP_LINE:0:COMP_POINT}"
    IFS=$' \\t\\n' read -r -a words <<< "$typed"
    [[ "$typed" == *[[:space:]] ]] && words+=("")
    answers="$(kanto-cm __complete --no-descriptions -- "\${words[@]:1}" 2>/dev/null)" || return
    COMPREPLY=()
    local whole="\${words[-1]}" before=""
    [[ "$whole" == *[=:]* && "$current" != "$whole" ]] && before="\${whole%[=:]*}" && before="\${whole:0:\${#before}+1}"
    while IFS= read -r line; do
        [[ "$line" == ":files" ]] && { compopt -o default 2>/dev/null; continue; }
        [[ -n "$line" ]] && COMPREPLY+=("\${line#"$before"}")
    done <<< "$answers"
    [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F __kanto_cm_complete kanto-cm
`;

const ZSH = `#compdef kanto-cm
_kanto_cm() {
    local -a answers described
    local line
    answers=("\${(@f)$(kanto-cm __complete DESCRIPTIONS-- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $answers; do
        if [[ "$line" == ":files" ]]; then _files; continue; fi
        [[ -z "$line" ]] && continue
        local word="\${line%%$'\\t'*}" about=""
        [[ "$line" == *$'\\t'* ]] && about=":\${line#*$'\\t'}"
        described+=("\${word//:/\\\\:}$about")
    done
    _describe 'kanto-cm' described
}
if [ "$funcstack[1]" = "_kanto-cm" ]; then _kanto_cm "$@"; else compdef _kanto_cm kanto-cm; fi
`;

const FISH = `# fish completion for kanto-cm
function __kanto_cm_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (kanto-cm __complete DESCRIPTIONS-- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c kanto-cm -f -a '(__kanto_cm_complete)'
`;

const POWERSHELL = `# powershell completion for kanto-cm
Register-ArgumentCompleter -Native -CommandName 'kanto-cm' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '' }
    kanto-cm __complete --no-descriptions -- @words 2>$null | Where-Object { $_ -ne '' -and $_ -ne ':files' } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

/** undefined for a shell that we do not know. */
export function completionScript(shell: string, hasDescriptions: boolean): string | undefined {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  return script?.replace("DESCRIPTIONS", hasDescriptions ? "" : "--no-descriptions ");
}
