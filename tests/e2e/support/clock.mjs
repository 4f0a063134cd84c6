// The gateway's wall clock in the hands of a test. Steady time, and every other process, keep the true time.
//   const clock = movableClock();
//   const bed = await startBed(t, { start: { environment: clock.environment } });
//   clock.move(13 * 3600);
import { execFileSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { runFolder, scratch } from "./run_folder.mjs";

const source = path.join(path.dirname(fileURLToPath(import.meta.url)), "shift_clock.c");

function library() {
  const file = path.join(runFolder(), "shift_clock.so");
  if (!existsSync(file)) {
    const fresh = path.join(scratch("clock"), "shift_clock.so");
    execFileSync(process.env.CC ?? "cc", ["-O2", "-shared", "-fPIC", "-o", fresh, source]);
    renameSync(fresh, file);
  }
  return file;
}

export function movableClock() {
  const file = path.join(scratch("clock"), "shift");
  const move = (seconds) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    writeFileSync(file, bytes, { flag: existsSync(file) ? "r+" : "w" });
  };
  move(0);
  const sanitizer = `${process.env.ASAN_OPTIONS ?? ""}:verify_asan_link_order=0`.replace(/^:/, "");
  return { move, environment: { LD_PRELOAD: library(), SHIFT_CLOCK: file, ASAN_OPTIONS: sanitizer } };
}
