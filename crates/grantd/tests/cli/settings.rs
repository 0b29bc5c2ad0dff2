//! Settings: where they come from, and what is refused.

use crate::place::Place;

fn effective(
    place: &Place,
    variables: &[(&str, &str)],
    args: &[&str],
    name: &str,
) -> (String, String) {
    let checked = place.run_in(variables, args).json();
    let setting = &checked["settings"][name];
    (
        setting["value"].as_str().unwrap().to_owned(),
        setting["from"].as_str().unwrap().to_owned(),
    )
}

fn pair(value: &str, from: &str) -> (String, String) {
    (value.to_owned(), from.to_owned())
}

#[test]
fn flags_beat_the_environment_beats_the_file_beats_the_default() {
    let place = Place::new();
    let file = place.file("grantd.toml", "data = \"from-file\"\n");
    let check = ["config", "check"];
    let with_file = ["config", "check", "--config", &file];
    let with_flag = ["--data", "from-flag", "config", "check", "--config", &file];
    let variable = [("GRANTD_DATA", "from-environment")];
    assert_eq!(
        effective(&place, &[], &check, "data"),
        pair("./grantd-data", "default")
    );
    assert_eq!(
        effective(&place, &[], &with_file, "data"),
        pair("from-file", "file")
    );
    assert_eq!(
        effective(&place, &variable, &with_file, "data"),
        pair("from-environment", "environment")
    );
    assert_eq!(
        effective(&place, &variable, &with_flag, "data"),
        pair("from-flag", "flag")
    );
    assert_eq!(
        effective(&place, &[("GRANTD_DATA", "")], &with_file, "data"),
        pair("from-file", "file")
    );
    assert_eq!(
        effective(&place, &[("GRANTD_CONFIG", &file)], &check, "data"),
        pair("from-file", "file")
    );
}

#[test]
fn the_default_file_means_the_defaults() {
    let place = Place::new();
    let printed = place.run(&["config", "print-default"]).stdout;
    let file = place.file("grantd.toml", &printed);
    let own = place.run(&["config", "check", "--config", &file]).json();
    let none = place.run(&["config", "check"]).json();
    assert_eq!(own["ok"], true);
    for (name, setting) in none["settings"].as_object().unwrap() {
        assert_eq!(own["settings"][name]["value"], setting["value"], "{name}");
        assert!(printed.contains(&format!("{name} = ")), "{name}");
    }
}

#[test]
fn mistakes_in_the_file_are_named() {
    let place = Place::new();
    for (text, words) in [
        (
            "lisen = \"127.0.0.1:0\"",
            "unknown setting `lisen` in the configuration file; did you mean `listen`?",
        ),
        ("public-url = \"http://a\"", "did you mean `public_url`?"),
        ("xyzzy = 1", "`grantd config print-default` lists all"),
        (
            "public_url = \"github.com\"",
            "`github.com` will not do; give an http or https URL",
        ),
        ("path_tokens = \"perhaps\"", "say true or false"),
        ("listen = {}", "wrong type"),
        ("profile = \"p4\"", "say p3 or p2"),
        ("login_failures = 0", "give a whole number from 1"),
        ("brownouts = [\"2020-09-30T07:00:00Z\"]", "give START/END"),
        ("tls_cert = \"a\"", "tls_cert and tls_key go together"),
        ("password_memory_kib = 200000", "password_pool_mib"),
        ("log = \"grantd=loud\"", "give error, warn"),
        ("\n\nlisten = ", "line 3"),
        ("[scopes.\"a b\"]", "scope name `a b`"),
        (
            "[scopes.deploy]\nimplies = [\"nothing\"]",
            "implies `nothing`",
        ),
        ("[scopes.deploy]\nword = \"x\"", "unknown field `word`"),
        ("scopes = 1", "`scopes` is a table"),
    ] {
        let file = place.file("grantd.toml", text);
        for command in [["config", "check"], ["user", "list"]] {
            let outcome = place.run(&[command[0], command[1], "--config", &file]);
            assert!(
                outcome.refusal().contains(words),
                "{text}: {}",
                outcome.stderr
            );
        }
    }
    let missing = place.run(&["config", "check", "--config", "nowhere.toml"]);
    assert!(
        missing
            .refusal()
            .contains("cannot read the configuration nowhere.toml")
    );
}

#[test]
fn a_whole_file_is_understood() {
    let place = Place::new();
    let file = place.file(
        "grantd.toml",
        r#"
        listen = "[::1]:0"
        public_url = "https://github.example.com/"
        profile = "p2"
        removed_at = 2020-11-13T16:00:00Z
        trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
        brownouts = ["2020-09-30T07:00:00Z/2020-09-30T10:00:00Z", "2020-09-30T16:00:00Z/2020-09-30T19:00:00Z"]
        requests_per_hour = 5000
        deprecation = true

        [scopes."deploy:prod"]
        words = "Deploy to production"
        implies = ["repo"]
        "#,
    );
    let checked = place.run(&["config", "check", "--config", &file]).json();
    assert_eq!(
        checked["settings"]["trusted_proxies"]["value"],
        "127.0.0.1,10.0.0.0/8"
    );
    assert_eq!(
        checked["settings"]["removed_at"]["value"],
        "2020-11-13T16:00:00Z"
    );
    assert_eq!(checked["settings"]["deprecation"]["value"], "true");
}

#[test]
fn mistakes_in_variables_and_flags_are_named_as_they_were_written() {
    let place = Place::new();
    let wrong = place.run_in(&[("GRANTD_PATH_TOKENS", "perhaps")], &["user", "list"]);
    assert_eq!(
        wrong.refusal(),
        "error: GRANTD_PATH_TOKENS: `perhaps` will not do; say true or false"
    );
    let misspelled = place.run_in(&[("GRANTD_PATH_TOKEN", "false")], &["config", "check"]);
    assert!(
        misspelled
            .stderr
            .contains("did you mean GRANTD_PATH_TOKENS?")
    );
    assert_eq!(misspelled.json()["warnings"].as_array().unwrap().len(), 1);
    let wrong = place.run(&["serve", "--removed-at", "tomorrow"]);
    assert!(wrong.misuse().contains("2020-11-13T16:00:00Z"));
    assert!(
        place
            .run(&["serve", "--path-token", "false"])
            .misuse()
            .contains("--path-tokens")
    );
}

#[test]
fn what_is_no_command_is_misuse() {
    let place = Place::new();
    assert!(place.run(&["usr", "list"]).misuse().contains("user"));
    assert!(place.run(&["user", "lst"]).misuse().contains("list"));
    assert!(place.run(&[]).misuse().contains("Usage: grantd"));
    assert!(place.run(&["user", "show"]).misuse().contains("LOGIN"));
}

#[test]
fn the_program_describes_itself() {
    let place = Place::new();
    assert!(place.run(&["--version"]).stdout.starts_with("grantd "));
    let openapi = place.run(&["openapi"]).json();
    assert!(
        openapi["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3."))
    );
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]);
        assert!(script.code == 0 && script.stdout.contains("print-default"));
    }
    let help = place.run(&["serve", "--help"]).stdout;
    for setting in place.run(&["config", "check"]).json()["settings"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            help.contains(&format!("--{}", setting.replace('_', "-"))),
            "{setting}"
        );
    }
}

#[test]
fn the_relays_password_is_shown_nowhere() {
    let place = Place::new();
    let url = "smtps://grantd:hunter2@mail.example.com";
    let variables = [
        ("GRANTD_SMTP_URL", url),
        ("GRANTD_MAIL_FROM", "a@b.example"),
    ];
    let (shown, from) = effective(&place, &variables, &["config", "check"], "smtp_url");
    assert_eq!(
        (shown.as_str(), from.as_str()),
        ("smtps://…@mail.example.com", "environment")
    );
    for wrong in [
        "smtp://grantd:hunter2@mail.example.com",
        "ftp://grantd:hunter2@a",
    ] {
        let variables = [
            ("GRANTD_SMTP_URL", wrong),
            ("GRANTD_MAIL_FROM", "a@b.example"),
        ];
        let refused = place.run_in(&variables, &["config", "check"]);
        assert!(!refused.refusal().contains("hunter2"));
    }
    let alone = place.run_in(&[("GRANTD_SMTP_URL", url)], &["config", "check"]);
    assert!(alone.refusal().contains("mail_from"));
}

#[test]
fn the_manual_has_a_page_per_command() {
    let place = Place::new();
    let folder = place.path("man");
    std::fs::create_dir(&folder).unwrap();
    let outcome = place.run(&["man", folder.to_str().unwrap()]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(page("grantd.1").contains("token authority"));
    assert!(page("grantd-serve.1").contains("metrics\\-listen"));
    assert!(page("grantd-user-create.1").contains("password\\-stdin"));
    let nowhere = place.run(&["man", "nowhere/at/all"]);
    assert!(nowhere.refusal().contains("cannot write the manual"));
}
