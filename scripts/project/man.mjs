// Turns a page of the manual into a man page: the part of Markdown that the manual uses becomes roff's man macros.

/** Backslashes, and dots and quotes that would begin a request. */
function roff(text) {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1");
}

function inline(text) {
  const pieces = text.split(/(`[^`]+`|\*\*[^*]+\*\*)/);
  const parts = pieces.map((piece) => {
    if (piece.startsWith("`")) return `\\fB${roff(piece.slice(1, -1)).replace(/^\\&/, "")}\\fR`;
    if (piece.startsWith("**")) return `\\fB${roff(piece.slice(2, -2))}\\fR`;
    return roff(piece.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")).replace(/^\\&/, "");
  });
  const line = parts.join("");
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function verbatim(lines) {
  return [".PP", ".RS 4", ".nf", ...lines.map(roff), ".fi", ".RE"];
}

/** Cells of a table's line. */
function cells(line) {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/**
 * @param {string} name
 * @param {number} section
 * @param {string} markdown begins with `# title`, then a paragraph of one sentence that says what it is for
 * @param {{ version: string, date: string, help?: string }} about date as 2026-11-21; help: printed by the program
 */
export function manPage(name, section, markdown, { version, date, help }) {
  const lines = markdown.split("\n");
  const purpose = lines.slice(1).find((line) => line.trim() !== "") ?? "";
  const out = [
    `.TH ${name.toUpperCase().replaceAll("-", "\\-")} ${section} "${date}" "Supercargo ${version}"`,
    ".SH NAME",
    `${roff(name)} \\- ${inline(purpose.replace(/\.$/, ""))}`,
    ".SH DESCRIPTION",
  ];
  let code;
  let rows = 0;
  let isIntroduced = false;
  for (const line of lines.slice(1)) {
    if (code !== undefined) {
      if (line.startsWith("```")) {
        out.push(...verbatim(code));
        code = undefined;
      } else code.push(line);
      continue;
    }
    if (!line.startsWith("|")) rows = 0;
    if (!isIntroduced && line === purpose) isIntroduced = true;
    else if (line.startsWith("```")) code = [];
    else if (line.startsWith("## ")) out.push(`.SH ${roff(line.slice(3).toUpperCase())}`);
    else if (line.startsWith("### ")) out.push(`.SS ${roff(line.slice(4))}`);
    else if (line.startsWith("- ")) out.push(".IP \\(bu 2", inline(line.slice(2)));
    else if (line.startsWith("|")) {
      rows++;
      // The first two lines are the heading and its rule.
      if (rows > 2) {
        const [first = "", ...rest] = cells(line);
        out.push(".TP", inline(first), inline(rest.filter((cell) => cell !== "").join("; ")));
      }
    } else if (line.trim() === "") out.push(".PP");
    else out.push(inline(line));
  }
  if (help !== undefined) out.push(".SH OPTIONS", ...verbatim(help.trimEnd().split("\n")));
  return `${out.filter((line, at) => line !== ".PP" || out[at + 1] !== ".PP").join("\n")}\n`;
}
