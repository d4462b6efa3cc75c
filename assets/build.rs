//! Builds the page into `assets/dist`, which the program embeds.
//!
//! `LEADS_UI=prebuilt` takes the `dist` that is there (a release builds the page once for all
//! targets); `LEADS_UI=skip` embeds a placeholder, for work on the server alone.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const SOURCES: &[&str] = &[
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
];

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Leads</title>\
    <p>This build has no page (LEADS_UI=skip). The API works.</p></html>\n";

fn main() {
    let assets = Path::new("assets");
    println!("cargo::rerun-if-env-changed=LEADS_UI");
    println!("cargo::rerun-if-changed=assets/build.rs");
    // refinery embeds the migrations at compile time, and the compiler does not watch them.
    println!("cargo::rerun-if-changed=migrations");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=assets/{source}");
    }
    // A deleted or hand-made `dist` must come back, so its page is watched too.
    println!("cargo::rerun-if-changed=assets/dist/index.html");

    let page = assets.join("dist/index.html");
    match wanted().as_deref() {
        Ok("skip") => placeholder(&page),
        Ok("prebuilt") if page.exists() => {}
        Ok("prebuilt") => panic!(
            "LEADS_UI=prebuilt, but assets/dist/index.html is missing: run `npm ci && npm run build` in assets/"
        ),
        Ok("") | Err(_) => build(assets, &page),
        Ok(other) => {
            panic!("LEADS_UI={other} is not known: leave it unset, or use `prebuilt` or `skip`")
        }
    }
}

#[allow(clippy::disallowed_methods)] // A build script has no config.rs.
fn wanted() -> Result<String, env::VarError> {
    env::var("LEADS_UI")
}

fn placeholder(page: &Path) {
    if page.exists() {
        return;
    }
    must(fs::create_dir_all("assets/dist"), "make assets/dist");
    must(fs::write(page, PLACEHOLDER), "write the placeholder page");
}

fn build(assets: &Path, page: &Path) {
    let state = assets.join("node_modules/.leads");
    must(fs::create_dir_all(&state), "make assets/node_modules");
    // An editor's checker and a build in a terminal may run this at the same time.
    let lock = must(File::create(state.join("lock")), "open the build lock");
    must(lock.lock(), "take the build lock");

    let (lock_file, built) = (state.join("packages"), state.join("stamp"));
    let packages = hash(&[assets.join("package-lock.json")]);
    let sources = hash(&SOURCES.iter().map(|s| assets.join(s)).collect::<Vec<_>>());
    if page.exists() && same(&built, &sources) {
        return;
    }
    if !same(&lock_file, &packages) || !assets.join("node_modules/vite").exists() {
        // A developer's full installation has more packages than a build needs: keep it.
        let developer = assets.join("node_modules/vitest").exists();
        npm(assets, if developer { &["ci"] } else { &["ci", "--omit=dev"] });
        must(fs::create_dir_all(&state), "make assets/node_modules/.leads");
        must(fs::write(&lock_file, &packages), "record the installed packages");
    }
    npm(assets, &["run", "build"]);
    must(fs::write(&built, &sources), "record the built sources");
    // cargo compares with the time at which this script began: a younger page would run it again.
    let before = SystemTime::now() - Duration::from_secs(3600);
    let touched = File::options().append(true).open(page).and_then(|f| f.set_modified(before));
    must(touched, "set the age of the built page");
}

fn npm(assets: &Path, args: &[&str]) {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    match Command::new(program).args(args).current_dir(assets).output() {
        Ok(done) if done.status.success() => {}
        Ok(done) => panic!(
            "`npm {}` failed in assets/:\n{}{}",
            args.join(" "),
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
        ),
        Err(_) => panic!(
            "the page needs npm (Node 20.19 or newer); without it use a release binary, or LEADS_UI=skip for a server without a page"
        ),
    }
}

fn same(file: &Path, value: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|old| old == value)
}

fn hash(paths: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        add(path, &mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn add(path: &Path, hasher: &mut DefaultHasher) {
    if path.is_dir() {
        let entries = must(fs::read_dir(path), "read the page's sources");
        let mut inside: Vec<_> = entries.filter_map(Result::ok).map(|e| e.path()).collect();
        inside.sort();
        inside.iter().for_each(|path| add(path, hasher));
    } else if let Ok(bytes) = fs::read(path) {
        path.hash(hasher);
        bytes.hash(hasher);
    }
}

fn must<T>(result: std::io::Result<T>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what}: {error}"))
}
