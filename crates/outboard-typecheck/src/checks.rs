//! The checkers of both languages: found, started when first needed, given up when they fail.

use crate::diagnostic::Said;
use crate::find::{find, native};
use crate::session::{Session, readable};
use crate::view::View;
use crate::{python, typescript};
use outboard_catalog::Catalogue;
use outboard_types::Language;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Programs longer than this are not looked at.
const LARGEST: usize = 256 << 10;

/// How long a checker that failed is left alone.
const PAUSE: Duration = Duration::from_secs(60);

/// How checking is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What a checker says in time counts; without one, programs run as they are.
    Auto,
    /// Programs that no checker has looked at do not run.
    Require,
}

impl Mode {
    /// How long a program waits for its checker.
    fn patience(self) -> Duration {
        match self {
            Self::Auto => Duration::from_secs(1),
            Self::Require => Duration::from_secs(10),
        }
    }
}

/// A checker as it has to be started.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
    /// What it has to read, beside the system's libraries.
    pub read: Vec<PathBuf>,
    /// Where it starts.
    pub folder: PathBuf,
}

/// Makes the command that starts a program confined, with pipes on stdin, stdout and stderr.
pub type Launch = Arc<dyn Fn(&Program) -> std::io::Result<Command> + Send + Sync>;

/// Which checkers there are, and how they are started.
#[derive(Clone)]
pub struct Options {
    /// How checking is meant.
    pub mode: Mode,
    /// TypeScript 7; without it, it is looked for.
    pub typescript: Option<PathBuf>,
    /// ty; without it, it is looked for.
    pub python: Option<PathBuf>,
    /// Where to look.
    pub search_path: OsString,
    /// Where views are written.
    pub folder: PathBuf,
    /// How programs are started.
    pub launch: Launch,
}

/// Why a program was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The checkers; a clone is the same ones.
#[derive(Clone)]
pub struct TypeChecks {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    typescript: Option<PathBuf>,
    python: Option<PathBuf>,
    sessions: Mutex<HashMap<View, Slot>>,
    /// One start at a time: a second program waits for the first one's checker.
    starting: tokio::sync::Mutex<()>,
}

/// A checker of a view, and the code API that it reads.
#[derive(Clone)]
enum Slot {
    Works(String, Arc<Session>),
    Failed(Instant, String),
}

impl std::fmt::Debug for TypeChecks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Inner { typescript, python, options, .. } = &*self.inner;
        f.debug_struct("TypeChecks").field("mode", &options.mode).field("ts", typescript).field("py", python).finish()
    }
}

impl PartialEq for TypeChecks {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for TypeChecks {}

impl TypeChecks {
    /// Looks for the checkers; starts none. A configured one that is not there is an error of `auto` too.
    ///
    /// # Errors
    /// With the path that is no checker.
    pub fn new(options: Options) -> Result<Self, Unavailable> {
        let look = |own: &Option<PathBuf>, names: &[&str], key: &str| match own {
            None => Ok(find(names, &options.search_path)),
            Some(path) => native(path).map(Some).ok_or_else(|| Unavailable {
                message: format!("preflight.{key}: {} is no type checker", path.display()),
                hint: install(key),
            }),
        };
        let typescript = look(&options.typescript, &["tsgo", "tsc"], "typescript")?;
        let python = look(&options.python, &["ty"], "python")?;
        let (sessions, starting) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { inner: Arc::new(Inner { options, typescript, python, sessions, starting }) })
    }

    /// How checking is meant.
    pub fn mode(&self) -> Mode {
        self.inner.options.mode
    }

    /// The program that looks at programs of a language.
    pub fn program(&self, language: Language) -> Option<&Path> {
        match language {
            Language::TypeScript => self.inner.typescript.as_deref(),
            Language::Python => self.inner.python.as_deref(),
            Language::Bash => None,
        }
    }

    /// What a checker says of a program. `name` stands for the catalogue: the same name, the same declarations.
    ///
    /// # Errors
    /// No checker looked at it in time; with [`Mode::Auto`] that is no reason not to run it.
    pub async fn check(
        &self,
        language: Language,
        code: &str,
        catalogue: &Arc<Catalogue>,
        name: &str,
    ) -> Result<Vec<Said>, Unavailable> {
        let view = match language {
            Language::TypeScript => View::TypeScript,
            Language::Python => View::of_python(code),
            Language::Bash => return Ok(Vec::new()),
        };
        if self.program(language).is_none() {
            return Err(missing(language));
        }
        if code.len() > LARGEST {
            return Err(unavailable(format!("only programs of up to {LARGEST} bytes are looked at")));
        }
        let patience = self.mode().patience();
        // On its own, so that a start goes on where this program does not wait for it.
        let (own, catalogue, name) = (self.clone(), catalogue.clone(), name.to_owned());
        let started = tokio::spawn(async move { own.session(language, view, catalogue, name).await });
        let session = match tokio::time::timeout(patience, started).await {
            Ok(session) => session.unwrap_or_else(|error| Err(unavailable(error.to_string())))?,
            Err(_) => return Err(unavailable("the type checker is still starting".into())),
        };
        let look = async {
            let found = session.check(code.to_owned()).await?;
            match typescript::without_returns(code, &found).filter(|_| view == View::TypeScript) {
                Some(code) => session.check(code).await,
                None => Some(found),
            }
        };
        let found = match tokio::time::timeout(patience, look).await {
            Ok(Some(found)) => found,
            Ok(None) => return Err(self.failed(view, "the type checker ended".into())),
            Err(_) => return Err(self.failed(view, format!("the type checker took more than {patience:?}"))),
        };
        let said = match language {
            Language::TypeScript => typescript::said,
            _ => python::said,
        };
        Ok(found.iter().filter_map(|one| said(one, code)).collect())
    }

    async fn session(
        &self,
        language: Language,
        view: View,
        catalogue: Arc<Catalogue>,
        name: String,
    ) -> Result<Arc<Session>, Unavailable> {
        let program = self.program(language).ok_or_else(|| missing(language))?.to_owned();
        if let Some(known) = self.known(view, &name) {
            return known;
        }
        let _one_start = self.inner.starting.lock().await;
        if let Some(known) = self.known(view, &name) {
            return known;
        }
        let (root, named, launch) =
            (self.inner.options.folder.clone(), name.clone(), self.inner.options.launch.clone());
        let started = tokio::task::spawn_blocking(move || {
            let folder = view.write(&catalogue, &root, &named).map_err(|error| error.to_string())?;
            let folder = folder.canonicalize().map_err(|error| error.to_string())?;
            let command = launch(&described(program, view, &folder)).map_err(|error| error.to_string())?;
            Session::start(command, view, &folder)
        });
        match started.await.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(session) => {
                let session = Arc::new(session);
                self.keep(view, Slot::Works(name, session.clone()));
                Ok(session)
            }
            Err(problem) => Err(self.failed(view, format!("the type checker cannot be started: {problem}"))),
        }
    }

    fn known(&self, view: View, name: &str) -> Option<Result<Arc<Session>, Unavailable>> {
        let sessions = self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        match sessions.get(&view)? {
            Slot::Works(own, session) => (own == name).then(|| Ok(session.clone())),
            Slot::Failed(when, problem) => (when.elapsed() < PAUSE).then(|| Err(unavailable(problem.clone()))),
        }
    }

    fn keep(&self, view: View, slot: Slot) {
        let old = self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(view, slot);
        // Ending a process may take a moment, and may be done here: nobody waits for the lock any more.
        drop(old);
    }

    fn failed(&self, view: View, problem: String) -> Unavailable {
        tracing::warn!(checker = view.name(), %problem, "programs are not checked for a while");
        self.keep(view, Slot::Failed(Instant::now(), problem.clone()));
        unavailable(problem)
    }
}

fn described(path: PathBuf, view: View, folder: &Path) -> Program {
    let arguments = match view {
        View::TypeScript => ["--lsp", "--stdio"].as_slice(),
        View::Python | View::PythonAsync => ["server"].as_slice(),
    };
    let read = readable(&path, folder);
    Program {
        path,
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment: vec![("HOME".into(), "/nonexistent".into()), ("GOMEMLIMIT".into(), "1GiB".into())],
        read,
        folder: folder.to_owned(),
    }
}

fn unavailable(message: String) -> Unavailable {
    Unavailable { message, hint: "try again in a minute, or set preflight.types = \"auto\"".into() }
}

fn missing(language: Language) -> Unavailable {
    let (name, key) = match language {
        Language::Python => ("Python", "python"),
        _ => ("TypeScript", "typescript"),
    };
    Unavailable { message: format!("no type checker for {name} was found"), hint: install(key) }
}

fn install(key: &str) -> String {
    let line = match key {
        "python" => "pip install ty",
        _ => "npm install --global typescript@7",
    };
    format!("install one ({line}), set preflight.{key} to its path, or set preflight.types = \"auto\"")
}
