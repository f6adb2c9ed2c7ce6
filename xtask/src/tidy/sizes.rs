//! Code lines of each package.

use super::{files, lengths};
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// Prints product and test lines of each package.
pub(crate) fn report(root: &Path) -> Result<()> {
    let mut sizes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for path in files::with_extension(root, "rs")? {
        let shown = files::shown(root, &path);
        let package = ["/src/", "/tests/", "/examples/"].iter().find_map(|part| shown.split_once(part));
        let package = package.map_or(shown.as_str(), |(package, _)| package).to_owned();
        let text = std::fs::read_to_string(&path)?;
        let product = if lengths::is_test(&shown) { 0 } else { lengths::product_lines(&text) };
        let entry = sizes.entry(package).or_default();
        entry.0 += product;
        entry.1 += text.lines().count() - product;
    }
    for (package, (product, tests)) in sizes {
        println!("{package:<36} {product:>6} product {tests:>6} test");
    }
    Ok(())
}
