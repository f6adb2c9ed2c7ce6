//! The real Python worker with virtual environments, packages and preloaded modules.

use crate::support::{engines, python, started};
use outboard_sandbox::{EngineKind, Options, SandboxError};
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const WORKER: &str = outboard_python::WORKER;

/// A virtual environment with numpy and pandas, made once and kept for later runs.
fn environment() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("venv");
        let done = folder.join("done");
        if !done.exists() {
            let _ = std::fs::remove_dir_all(&folder);
            let step = |command: &mut Command, fix: &str| {
                let output = command.output().unwrap_or_else(|error| panic!("{error}: {fix}"));
                assert!(output.status.success(), "{fix}\n{}", String::from_utf8_lossy(&output.stderr));
            };
            step(Command::new("python3").args(["-m", "venv"]).arg(&folder), "apt-get install python3 python3-venv");
            let pip = ["-m", "pip", "install", "--quiet", "numpy", "pandas"];
            let line = "the tests need a package index: python3 -m pip install numpy pandas";
            step(Command::new(folder.join("bin/python")).args(pip), line);
            std::fs::write(&done, "").unwrap();
        }
        folder
    })
}

fn kind(interpreter: PathBuf, packages: &[&Path], preload: &[&str]) -> Options {
    let packages = packages.iter().map(|folder| folder.to_path_buf()).collect();
    let preload = preload.iter().map(|name| (*name).to_owned()).collect();
    engines("/bin/true".into(), Some(EngineKind::Python { interpreter, worker: WORKER, packages, preload }))
}

async fn value(options: Options, code: &str) -> Value {
    let sandbox = started(options).await;
    let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
    let start = Start { code: code.to_owned(), memory_bytes: 512 << 20, stdout_bytes: 1 << 20, ..Start::default() };
    sender.send(&ToWorker::Start(start)).await.unwrap();
    match receiver.next().await.unwrap() {
        Some(FromWorker::Result { value, .. }) => serde_json::from_str(value.unwrap().get()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn numpy_and_pandas_of_a_virtual_environment_work() {
    let code = "
import threading
import numpy, pandas
a = numpy.arange(250000, dtype=float).reshape(500, 500)
frame = pandas.DataFrame({'who': ['a', 'b', 'a'], 'n': [1, 2, 3]})
lines = frame.to_csv(index=False).splitlines()
threads = [threading.Thread(target=lambda: a @ a) for _ in range(4)]
[one.start() for one in threads]; [one.join() for one in threads]
result = [float((a @ a)[0, 0]), frame.groupby('who').n.sum().to_dict(), len(lines), float(numpy.linalg.norm(numpy.eye(9)))]";
    for preload in [&[][..], &["numpy", "pandas"]] {
        let options = kind(environment().join("bin/python"), &[], preload);
        assert_eq!(value(options, code).await, json!([expected(), {"a": 4, "b": 2}, 4, 3.0]));
    }
}

/// The first element of the product: the sum of k times 500 k.
fn expected() -> f64 {
    (0..500).map(|k| f64::from(k) * 500.0 * f64::from(k)).sum()
}

#[tokio::test]
async fn packages_of_an_environment_cannot_be_changed() {
    let code = "
import os, numpy
def fails(what):
    try: what(); return False
    except OSError: return True
folder = os.path.dirname(numpy.__file__)
result = [folder.startswith('/outboard/packages/'), fails(lambda: open(folder + '/x.py', 'w')), fails(lambda: os.mkdir(folder + '/d'))]";
    assert_eq!(value(kind(environment().join("bin/python"), &[], &[]), code).await, json!([true, true, true]));
}

#[tokio::test]
async fn folders_of_packages_are_importable() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(one.path().join("first.py"), "NAME = 'first'").unwrap();
    std::fs::create_dir(two.path().join("second")).unwrap();
    std::fs::write(two.path().join("second/__init__.py"), "from first import NAME\nBOTH = NAME + ' and second'")
        .unwrap();
    let options = kind("python3".into(), &[one.path(), two.path()], &["second"]);
    assert_eq!(value(options, "import second\nresult = second.BOTH").await, json!("first and second"));
}

#[tokio::test]
async fn a_module_that_cannot_be_preloaded_is_named() {
    let sandbox = started(kind("python3".into(), &[], &["json", "no_such_module"])).await;
    let error = sandbox.worker(python()).await.unwrap_err();
    assert!(matches!(error, SandboxError::NotReady { .. }) && error.to_string().contains("no_such_module"), "{error}");
    let sandbox = outboard_sandbox::Sandbox::start(kind("python3".into(), &[], &["--root"])).await.unwrap();
    let error = sandbox.worker(python()).await.unwrap_err().to_string();
    assert!(error.contains("`--root` in preload is not the name of a module"), "{error}");
    let sandbox =
        outboard_sandbox::Sandbox::start(kind("python3".into(), &[Path::new("/no/such")], &[])).await.unwrap();
    let error = sandbox.worker(python()).await.unwrap_err().to_string();
    assert!(error.contains("/no/such"), "{error}");
}
