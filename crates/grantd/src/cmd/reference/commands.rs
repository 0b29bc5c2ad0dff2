//! The command line, command by command.

use std::fmt::Write;

use clap::Command;

const HEAD: &str = "\
# Commands

What `grantd … --help` says, for every command. Four flags go with each of them, before or after its name:
`--data`, `--database`, `--config` (all in [settings.md](../settings.md)) and `--help`; `--version` says which
program this is. Data goes to standard output, JSON wherever a script would read it; everything else goes to
standard error. The exit code is 0, or 1.
";

/// The page.
pub(super) fn markdown(mut root: Command) -> String {
    let mut out = String::from(HEAD);
    root.build();
    for command in root.get_subcommands() {
        write(command, &mut out);
    }
    out
}

fn write(command: &Command, out: &mut String) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let mut own = command
        .clone()
        .term_width(100)
        .help_template("{usage-heading} {usage}\n\n{all-args}")
        .mut_args(|arg| {
            let elsewhere = arg.is_global_set()
                || arg.get_help_heading() == Some("Settings")
                || ["help", "version"].contains(&arg.get_id().as_str());
            arg.hide(elsewhere)
        });
    let help = own.render_help().to_string();
    // Writing to a string does not fail.
    let _ = writeln!(out, "\n## {name}\n\n{}.\n", about.trim_end_matches('.'));
    if name.ends_with(" serve") || name.ends_with(" dev") {
        out.push_str("Every setting of [settings.md](../settings.md) is a flag of it, too.\n\n");
    }
    out.push_str("```text\n");
    for line in help.trim().lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str("```\n");
    for inner in command.get_subcommands() {
        write(inner, out);
    }
}
