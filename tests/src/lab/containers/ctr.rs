//! Containers of containerd's own: `ctr`.

use super::{ContainerHost, checked};

/// A running container; stopped and removed on drop.
pub struct CtrContainer<'a> {
    host: &'a ContainerHost,
    id: String,
}

impl<'a> CtrContainer<'a> {
    /// containerd of Debian's has no way to make an image of a plain archive: the container has the files themselves.
    pub(super) fn run(host: &'a ContainerHost, id: &str, cgroup: &str, command: &[&str]) -> Self {
        let mut run = host.command("ctr");
        run.args([
            "run",
            "--detach",
            "--net-host",
            "--cgroup",
            cgroup,
            "--env",
            "PATH=/bin",
            "--rootfs",
            "/run/image",
            id,
        ])
        .args(command);
        host.cgroups.borrow_mut().push(cgroup.trim_start_matches('/').to_owned());
        checked(&format!("{run:?}"), &run.output().expect("nsenter starts"));
        Self { host, id: id.to_owned() }
    }
}

impl Drop for CtrContainer<'_> {
    fn drop(&mut self) {
        for line in ["task rm --force", "container rm"] {
            // It may be gone already.
            let _ = self.host.command("ctr").args(line.split(' ')).arg(&self.id).output();
        }
    }
}
