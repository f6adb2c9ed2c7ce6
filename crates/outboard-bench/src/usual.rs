//! The scenarios that are part of the program, and those of a folder.

use crate::error::BenchError;
use crate::scenario::Scenario;
use std::path::Path;

macro_rules! files {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("../../../bench/scenarios/", $name, ".toml")))),*] };
}

const FILES: [(&str, &str); 11] = files![
    "transcript",
    "orders",
    "leads",
    "logs",
    "batch",
    "customers",
    "document",
    "deploy",
    "overview",
    "catalogue",
    "small"
];

pub(crate) const RESULT_SIZE: &str = include_str!("../../../bench/curves/result-size.toml");

/// The scenarios of a folder, by name; without one, those of the program.
pub fn scenarios(folder: Option<&Path>) -> Result<Vec<Scenario>, BenchError> {
    let Some(folder) = folder else {
        return FILES.iter().map(|(name, text)| Scenario::read(name, text)).collect();
    };
    let listed = std::fs::read_dir(folder).map_err(|error| BenchError::file(folder, &error))?;
    let mut files: Vec<_> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).map_err(|error| BenchError::file(file, &error))?;
        Scenario::read(&file.display().to_string(), &text)
    };
    files.iter().map(read).collect()
}

/// Those of these names or kinds; all without any.
pub(crate) fn named(all: Vec<Scenario>, names: &[String]) -> Result<Vec<Scenario>, BenchError> {
    let fits = |scenario: &Scenario, name: &String| *name == scenario.name || *name == scenario.kind.as_str();
    if let Some(name) = names.iter().find(|name| !all.iter().any(|scenario| fits(scenario, name))) {
        let known = all.iter().map(|scenario| scenario.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(BenchError::Unknown { name: name.clone(), known });
    }
    let is_asked = |scenario: &Scenario| names.is_empty() || names.iter().any(|name| fits(scenario, name));
    Ok(all.into_iter().filter(is_asked).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_can_be_read_and_has_the_name_of_its_file() {
        let all = scenarios(None).unwrap();
        assert_eq!(all.iter().map(|scenario| scenario.name.as_str()).collect::<Vec<_>>(), FILES.map(|(name, _)| name));
        assert!(Scenario::read("result-size", RESULT_SIZE).is_ok());
        assert_eq!(named(all.clone(), &["data-heavy".to_owned()]).unwrap().len(), 3);
        let told = named(all, &["ordres".to_owned()]).unwrap_err().to_string();
        assert!(told.contains("orders"), "{told}");
    }
}
