//! `./x assembly`: compiles files of AssemblyScript as the extension does. Arguments: a folder for the modules, then the files; `-` in place
//! of the folder checks them only.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compile } from "../../apps/extension/guest/assembly/compile.js";
import { library } from "../../apps/extension/guest/assembly/library.js";

const [folder, ...files] = process.argv.slice(2);
for (const file of files) {
  const name = basename(file, ".ts");
  const { wasm, wrong } = await compile(name, readFileSync(file, "utf8"), library);
  if (wrong) {
    console.error(wrong.join("\n"));
    process.exitCode = 1;
    continue;
  }
  if (folder === "-") continue;
  // Renamed into place: several tests may build at a time, and read.
  const fresh = join(folder, `${name}.${process.pid}`);
  writeFileSync(fresh, wasm);
  renameSync(fresh, join(folder, `${name}.wasm`));
}
