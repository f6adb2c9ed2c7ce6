//! One server of the list: how it is installed, started, configured and called.

use crate::{packages, root};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

/// One server of `xtask/real/servers.toml`. `{files}` in texts stands for a folder with a note, a page and a repository.
pub(super) struct Server {
    pub(super) name: String,
    /// Its package and version, and whether it is from npm.
    pub(super) package: String,
    pub(super) npm: bool,
    /// More packages that it needs, at versions that it works with.
    with: Vec<String>,
    program: String,
    args: Vec<String>,
    env: toml::Table,
    /// The call, where one works offline.
    pub(super) tool: Option<String>,
    arguments: String,
    /// What its result has to hold.
    pub(super) expects: String,
    /// Why it is not called.
    pub(super) why: String,
    /// Why not even its list can be had.
    pub(super) unlisted: Option<String>,
}

/// All of the list.
pub(super) fn all() -> Result<Vec<Server>> {
    let path = root().join("xtask/real/servers.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let table: toml::Table = text.parse().context("servers.toml")?;
    let list = table.get("server").and_then(toml::Value::as_array).context("servers.toml holds no servers")?;
    list.iter().filter_map(toml::Value::as_table).map(parsed).collect()
}

fn parsed(table: &toml::Table) -> Result<Server> {
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let list = |key: &str| -> Vec<String> {
        let all = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
        all.filter_map(toml::Value::as_str).map(str::to_owned).collect()
    };
    let name = text("name").context("a server without a name")?;
    let server = Server {
        package: text("npm").or(text("pypi")).with_context(|| format!("{name}: npm or pypi"))?,
        npm: table.contains_key("npm"),
        with: list("with"),
        program: text("program").with_context(|| format!("{name}: program"))?,
        args: list("args"),
        env: table.get("env").and_then(toml::Value::as_table).cloned().unwrap_or_default(),
        tool: text("tool"),
        arguments: text("arguments").unwrap_or_else(|| "{}".into()),
        expects: text("expects").unwrap_or_default(),
        why: text("why").unwrap_or_default(),
        unlisted: text("unlisted"),
        name,
    };
    let told = server.tool.is_some() || !server.why.is_empty() || server.unlisted.is_some();
    ensure!(told, "{}: it needs a call, or why there is none", server.name);
    Ok(server)
}

impl Server {
    /// Installs it into a folder of its own.
    pub(super) fn install(&self, folder: &Path, node: &Path) -> Result<()> {
        let own = folder.join(&self.name);
        let all: Vec<&str> = std::iter::once(&self.package).chain(&self.with).map(String::as_str).collect();
        packages::once(&own, &all.join(" "), || match self.npm {
            true => packages::npm(packages::npm_of(node), &own, &all),
            false => packages::python(&own, &all),
        })
    }

    /// Settings with this server alone.
    pub(super) fn settings(&self, folder: &Path, node: &Path, files: &Path) -> String {
        let own = folder.join(&self.name);
        let mut args: Vec<String> = self.args.iter().map(|arg| filled(arg, files)).collect();
        let command = match self.npm {
            true => {
                args.insert(0, own.join("node_modules/.bin").join(&self.program).display().to_string());
                node.join("bin/node").display().to_string()
            }
            false => own.join("venv/bin").join(&self.program).display().to_string(),
        };
        let env: String = self
            .env
            .iter()
            .map(|(name, value)| format!("{name} = {:?}\n", filled(value.as_str().unwrap_or_default(), files)))
            .collect();
        format!(
            "policy.profile = \"open\"\npreflight.enabled = true\n[privacy]\nenabled = false\n[servers.{}]\n\
             command = {command:?}\nargs = {args:?}\nstart_timeout = \"180s\"\n[servers.{}.env]\n{env}",
            self.name, self.name
        )
    }

    /// The call as a program, with the folder that the server may read.
    pub(super) fn typescript(&self, files: &Path) -> String {
        let (name, tool) = (&self.name, self.tool.as_deref().unwrap_or_default());
        let arguments = filled(&self.arguments, files);
        format!("const result = await callMCPTool({name:?}, {tool:?}, {arguments});\nreturn JSON.stringify(result);\n")
    }

    /// The same in Python.
    pub(super) fn python(&self, files: &Path) -> String {
        let (name, tool) = (&self.name, self.tool.as_deref().unwrap_or_default());
        let arguments = Value::String(filled(&self.arguments, files));
        format!(
            "import json\nresult = await call_mcp_tool({name:?}, {tool:?}, json.loads({arguments}))\njson.dumps(result, default=str)\n"
        )
    }
}

fn filled(text: &str, files: &Path) -> String {
    text.replace("{files}", &files.display().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_read_and_every_server_is_called_or_says_why_not() {
        let all = super::all().unwrap();
        assert!(all.len() >= 30, "{}", all.len());
        for server in &all {
            assert!(serde_json::from_str::<serde_json::Value>(&server.arguments).is_ok(), "{}", server.name);
            assert!(server.package.rsplit(['@', '=']).next().unwrap().contains('.'), "{} is not pinned", server.name);
        }
        let mut names: Vec<_> = all.iter().map(|server| &server.name).collect();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }
}
