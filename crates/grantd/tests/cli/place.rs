//! The real binary in a folder of its own, without the settings of whoever runs the tests.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A place to run grantd in.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a run came to.
#[must_use]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its path as an argument.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A command that starts in this folder, so that the default data folder lies in it.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = bare(self.folder.path());
        command.args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Outcome {
        finish(self.command(args), stdin.as_ref())
    }

    pub(crate) fn run_in(&self, variables: &[(&str, &str)], args: &[&str]) -> Outcome {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        finish(command, b"")
    }

    pub(crate) fn user(&self, login: &str) -> Value {
        self.run_with(
            &["user", "create", login, "--password-stdin"],
            format!("{PASSWORD}\n"),
        )
        .json()
    }

    pub(crate) fn app(&self, more: &[&str]) -> Value {
        let mut args = vec!["app", "create", "my github app", "--owner", "octocat"];
        args.extend([
            "--url",
            "http://my-github-app.com",
            "--callback-url",
            "http://my-github-app.com/callback",
        ]);
        args.extend(more);
        self.run(&args).json()
    }
}

fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantd"));
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GRANTD_") {
            command.env_remove(name);
        }
    }
    command
}

fn finish(mut command: Command, stdin: &[u8]) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that stops before it reads has said why on stderr.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Outcome {
        code: status.code().unwrap(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

impl Outcome {
    /// The JSON of a command that went well.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The one line of a command that failed, which printed no data.
    #[track_caller]
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (1, ""),
            "{}",
            self.stderr
        );
        let line = self.stderr.strip_suffix('\n').unwrap();
        assert!(
            line.starts_with("error: ") && !line.contains('\n'),
            "{line}"
        );
        line
    }

    /// The words of a command line that means nothing.
    #[track_caller]
    pub(crate) fn misuse(&self) -> &str {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (2, ""),
            "{}",
            self.stderr
        );
        &self.stderr
    }
}
