// Prints size and memory of two builds, so that it can be seen what leaving a part out saves.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of the auto deployer over an empty folder while it shows its status: everything that it always needs is loaded. */
function memoryOf(folder, place) {
  return new Promise((resolve, reject) => {
    const program = join(folder, "kanto-auto-deployer");
    const child = spawn(
      program,
      ["--socket-cm", join(place, "none"), "--state-dir", join(place, "state"), "--dry-run", place],
      {
        stdio: "ignore",
      },
    );
    let peakKib = 0;
    const look = () => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        peakKib = Math.max(peakKib, Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0));
      } catch (error) {
        if (!["ENOENT", "ESRCH"].includes(error.code)) throw error;
      }
    };
    const timer = setInterval(look, 1);
    child.once("error", reject);
    child.once("exit", () => {
      clearInterval(timer);
      resolve(peakKib);
    });
  });
}

/** @param {string} whole folder of the build with everything @param {string} part folder of the other */
export async function printComparison(whole, part) {
  const place = mkdtempSync(join(tmpdir(), "supercargo-builds-"));
  mkdirSync(join(place, "manifests"));
  try {
    for (const [words, folder] of [
      ["with everything", whole],
      ["without", part],
    ]) {
      const size = statSync(join(folder, "supercargo.bin")).size;
      const memory = await memoryOf(folder, place);
      console.log(
        `${words}: ${size} bytes (${(size / 1e6).toFixed(1)} MB), memory of kanto-auto-deployer at most ${(memory / 1024).toFixed(1)} MiB`,
      );
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
