//! The licences of everything that is linked into the programs, in one text.

use crate::built::cargo;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How files with terms are called, in lower case.
const STARTS: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
/// Longer files are no licences.
const LONGEST: u64 = 200_000;

/// One package of somebody else.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    terms: String,
    authors: String,
    folder: PathBuf,
}

/// All texts, each once, below the packages that it is for.
pub(super) fn text(target: &str) -> Result<String> {
    let packages = linked(&metadata(target)?)?;
    let mut text = String::from("Outboard is made with the packages below, each under its own terms.\n\n");
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for package in &packages {
        let found = files(&package.folder)?;
        let note =
            if found.is_empty() { format!(" (no text in the package; by {})", package.authors) } else { String::new() };
        writeln!(text, "{}: {}{note}", package.name, package.terms)?;
        for file in found {
            let terms = String::from_utf8_lossy(&std::fs::read(file)?).trim().replace("\r\n", "\n");
            let users = texts.entry(terms).or_default();
            if users.last() != Some(&package.name.as_str()) {
                users.push(&package.name);
            }
        }
    }
    for (terms, users) in texts {
        write!(text, "\n{}\nFor {}:\n\n{terms}\n", "=".repeat(80), users.join(", "))?;
    }
    Ok(text)
}

fn metadata(target: &str) -> Result<Value> {
    let mut command = cargo();
    command.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target]);
    let output = command.output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the programs link, found along the normal dependencies; build scripts and tests are left out.
fn linked(metadata: &Value) -> Result<BTreeSet<Package>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut packages: BTreeMap<String, Value> = BTreeMap::new();
    for package in list(&metadata["packages"]) {
        packages.insert(package["id"].as_str().unwrap_or_default().to_owned(), package);
    }
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (node["id"].as_str().unwrap_or_default().to_owned(), node))
        .collect();
    let is_ours = |package: &Value| package["source"].is_null();
    let named = |package: &Value| package["name"].as_str().is_some_and(|name| super::programs::NAMES.contains(&name));
    let mut open: Vec<String> =
        packages.iter().filter(|(_, one)| is_ours(one) && named(one)).map(|(id, _)| id.clone()).collect();
    let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = packages.get(&id).with_context(|| id.clone())?;
        if !is_ours(package) {
            found.insert(described(package)?);
        }
        let uses = nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default();
        let normal = |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
        open.extend(uses.iter().filter(|one| normal(one)).filter_map(|one| one["pkg"].as_str().map(str::to_owned)));
    }
    ensure!(!found.is_empty(), "cargo metadata names no dependency");
    Ok(found)
}

fn described(package: &Value) -> Result<Package> {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let name = format!("{} {}", text("name"), text("version"));
    let terms = package["license"].as_str().or(package["license_file"].as_str());
    let terms = terms.with_context(|| format!("{name} names no licence"))?.to_owned();
    let authors: Vec<&str> = package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let authors = if authors.is_empty() { text("repository") } else { authors.join(", ") };
    let folder = Path::new(&text("manifest_path")).parent().map(Path::to_owned).unwrap_or_default();
    Ok(Package { name, terms, authors, folder })
}

/// Files with terms in a package and in the folders right below it, where sources of others are kept.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())?.flatten() {
        if entry.file_type()?.is_dir() {
            for below in std::fs::read_dir(entry.path())?.flatten() {
                found.extend(of_terms(&below)?);
            }
        }
        found.extend(of_terms(&entry)?);
    }
    found.sort();
    Ok(found)
}

fn of_terms(entry: &std::fs::DirEntry) -> Result<Option<PathBuf>> {
    let name = entry.file_name().to_string_lossy().to_lowercase();
    let is = STARTS.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs");
    let fits = is && entry.file_type()?.is_file() && entry.metadata()?.len() <= LONGEST;
    Ok(fits.then(|| entry.path()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_linked_is_found_and_build_scripts_are_not() {
        let package = |id: &str, name: &str, source: Value| json!({"id": id, "name": name, "version": "1.0.0", "source": source, "license": "MIT", "manifest_path": "/x/Cargo.toml"});
        let dependency = |id: &str, kind: Value| json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [
                package("o", "outboard", Value::Null), package("a", "a", "registry".into()),
                package("b", "b", "registry".into()), package("c", "c", "registry".into()),
            ],
            "resolve": {"nodes": [
                {"id": "o", "deps": [dependency("a", Value::Null), dependency("b", "build".into())]},
                {"id": "a", "deps": [dependency("c", Value::Null)]},
            ]},
        });
        let names: Vec<String> = linked(&metadata).unwrap().into_iter().map(|package| package.name).collect();
        assert_eq!(names, ["a 1.0.0", "c 1.0.0"]);
        let mut without = metadata;
        without["packages"][1]["license"] = Value::Null;
        assert!(linked(&without).is_err());
    }
}
