//! A host's units for people.

use std::fmt;

use datalake_core::text::printable;

use super::{DiscoveredKind, DiscoveredUnit, DiscoveredUser, DiscoveryReport};

impl fmt::Display for DiscoveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.users.is_empty() {
            writeln!(f, "No user of this host has quadlet units or services that run Dagster.")?;
        }
        for (at, user) in self.users.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{user}")?;
        }
        for closed in &self.closed {
            writeln!(f, "unknown     {}", printable(closed))?;
        }
        Ok(())
    }
}

impl fmt::Display for DiscoveredUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, value: &str| writeln!(f, "{name:<11} {}", printable(value));
        row("user", &format!("{} ({}), {}", self.name, self.uid, self.home))?;
        self.folders.iter().try_for_each(|folder| row("folder", folder))?;
        match (&self.dagster_home, &self.dagster_home_problem) {
            (Some(home), _) => row("home", home)?,
            (None, Some(why)) if self.runs_dagster() => row("home", &format!("unknown: {why}"))?,
            (None, _) => (),
        }
        self.workspaces.iter().try_for_each(|path| row("workspace", path))?;
        self.unread.iter().try_for_each(|unread| row("unknown", unread))?;
        self.units.iter().try_for_each(|unit| write!(f, "\n{unit}"))
    }
}

impl fmt::Display for DiscoveredUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_given_settings { "gets the settings" } else { "left alone" };
        let kind = match self.kind {
            DiscoveredKind::Container => "",
            DiscoveredKind::Kube => ".kube",
            DiscoveredKind::Pod => ".pod",
            DiscoveredKind::Service => ".service",
        };
        writeln!(f, "{}{kind}: {verdict}, {}", printable(&self.name), self.why)?;
        let mut row = |name: &str, value: &str| writeln!(f, "  {name:<11} {}", printable(value));
        row("file", &self.file)?;
        self.link.iter().try_for_each(|link| row("link", link))?;
        for role in &self.roles {
            let line = role.line.map(|line| format!(":{line}")).unwrap_or_default();
            row(role_word(role.role), &format!("{} ({}{line})", role.reason, role.path))?;
        }
        self.drop_ins.iter().try_for_each(|path| row("drop-in", path))?;
        self.dagster_home.iter().try_for_each(|home| row("home inside", home))?;
        self.env_files.iter().try_for_each(|path| row("env file", path))?;
        self.image.iter().try_for_each(|image| row("image", image))?;
        self.pod.iter().try_for_each(|pod| row("pod", pod))?;
        self.networks.iter().try_for_each(|network| row("network", network))
    }
}

fn role_word(role: &str) -> &str {
    match role {
        "runs-user-code" => "user code",
        "loads-dagster-yaml" => "settings",
        "serves-ui" => "web page",
        role => role,
    }
}
