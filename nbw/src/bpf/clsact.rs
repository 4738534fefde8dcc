//! The clsact qdisc, for kernels before TCX: its filters outlive their process, so what an nbw that was killed
//! has left is cleared away, and what others have put there is left alone.

use std::{fs, io, thread};

use aya::programs::{TcAttachType, tc::qdisc_add_clsact};
use futures_util::TryStreamExt;
use nbw_common::abi::programs;
use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST, NetlinkMessage};
use netlink_packet_route::{
    RouteNetlinkMessage,
    tc::{TcAttribute, TcFilterBpfOption, TcHandle, TcMessage, TcOption},
};
use rtnetlink::Handle;

use crate::{
    failure::{Failure, os_error, with_causes},
    netlink, text,
};

/// The qdisc that this process added or inherited; dropping it removes the qdisc, unless somebody has come to use it.
pub(super) struct Made {
    index: u32,
}

/// Sees to it that the interface has the qdisc, and that no filter of an nbw that is dead lies on it.
pub(super) fn prepare(index: u32, name: &str) -> Result<Option<Made>, Failure> {
    match qdisc_add_clsact(name) {
        Ok(()) => Ok(Some(Made { index })),
        Err(error) if os_error(&error) == Some(libc::EEXIST) => {
            let (mut inherited, mut is_ingress) = (false, false);
            in_own_thread(async |handle| {
                is_ingress = is_ingress_only(&handle, index).await?;
                if is_ingress {
                    return Ok(());
                }
                inherited = remove_stale(&handle, index).await? > 0 && filters(&handle, index).await?.is_empty();
                Ok(())
            });
            if is_ingress {
                return Err(Failure::Lacking(no_room(name)));
            }
            // Where only a dead nbw's filters lay, the qdisc is one that it left behind, too. (Made only then: a `Made` that
            // is dropped removes the qdisc.)
            if inherited { Ok(Some(Made { index })) } else { Ok(None) }
        }
        Err(error) => Err(Failure::Lacking(format!(
            "cannot add the clsact qdisc to interface {} ({}): nbw needs CAP_NET_ADMIN and a kernel with \
             CONFIG_NET_CLS_ACT",
            text::clean(name),
            with_causes(&error)
        ))),
    }
}

/// Somebody's `ingress` qdisc is where clsact would be, and has only one side: a filter for the other one would see what is
/// received, as if it were sent.
async fn is_ingress_only(handle: &Handle, index: u32) -> Result<bool, rtnetlink::Error> {
    let qdiscs: Vec<TcMessage> = handle.qdisc().get().index(index as i32).execute().try_collect().await?;
    let is_kind = |attribute: &TcAttribute| matches!(attribute, TcAttribute::Kind(kind) if kind == "ingress");
    let mut here = qdiscs.iter().filter(|qdisc| qdisc.header.index == index as i32);
    Ok(here.any(|qdisc| qdisc.attributes.iter().any(is_kind)))
}

fn no_room(name: &str) -> String {
    let name = text::clean(name);
    format!(
        "interface {name} has somebody's ingress qdisc, beside which there is no room for clsact: remove it with \
         `tc qdisc del dev {name} ingress`, or use a kernel with TCX (Linux 6.6)"
    )
}

/// Whether filters of an nbw lie on both sides of the interface.
pub(super) fn is_watched(name: &str) -> bool {
    let Ok(index) = nix::net::if_::if_nametoindex(name) else { return false };
    let mut ours = 0;
    in_own_thread(async |handle| {
        ours = filters(&handle, index).await?.iter().filter(|filter| is_ours(filter)).count();
        Ok(())
    });
    // One for each direction.
    ours >= 2
}

/// The priority that puts a filter in front of those that are there; 0 (the kernel chooses) if there are none.
///
/// The kernel's own choice would only be in front of other filters that it has chosen for. At priority 1 there is no
/// room in front, but BPF filters of one priority run in the order of the last to come.
pub(super) fn priority_in_front(index: u32, side: TcAttachType) -> u16 {
    let mut lowest = None;
    in_own_thread(async |handle| {
        let filters = match side {
            TcAttachType::Ingress => handle.traffic_filter(index as i32).get().ingress(),
            _ => handle.traffic_filter(index as i32).get().egress(),
        };
        let filters: Vec<TcMessage> = filters.execute().try_collect().await?;
        lowest = filters.iter().map(|filter| (filter.header.info >> 16) as u16).min();
        Ok(())
    });
    lowest.map_or(0, |lowest| lowest.saturating_sub(1).max(1))
}

impl Drop for Made {
    fn drop(&mut self) {
        let index = self.index;
        in_own_thread(async |handle| remove_if_unused(&handle, index).await);
    }
}

/// Runs in a thread of its own, because the caller may be inside a runtime. What fails is only tidying up.
fn in_own_thread(work: impl AsyncFnOnce(Handle) -> Result<(), rtnetlink::Error> + Send) {
    let done = thread::scope(|scope| scope.spawn(|| netlink::blocking(work)).join());
    match done {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::debug!("clsact: {error}"),
        Ok(Err(error)) => tracing::debug!("clsact: {error}"),
        Err(_) => tracing::debug!("clsact: the netlink thread panicked"),
    }
}

/// Removes what dead nbws have left; how many filters that were.
async fn remove_stale(handle: &Handle, index: u32) -> Result<usize, rtnetlink::Error> {
    let mut stale = filters(handle, index).await?;
    stale.retain(|filter| is_ours(filter) && !alive(filter));
    let count = stale.len();
    for filter in stale {
        remove(handle, filter).await?;
    }
    Ok(count)
}

async fn remove_if_unused(handle: &Handle, index: u32) -> Result<(), rtnetlink::Error> {
    if !filters(handle, index).await?.is_empty() {
        return Ok(());
    }
    let mut request = handle.qdisc().del(index as i32);
    request.message_mut().header.parent = TcHandle::CLSACT;
    request.message_mut().attributes.push(TcAttribute::Kind("clsact".into()));
    request.execute().await
}

/// The filters of both directions.
async fn filters(handle: &Handle, index: u32) -> Result<Vec<TcMessage>, rtnetlink::Error> {
    let index = index as i32;
    let mut all: Vec<TcMessage> = handle.traffic_filter(index).get().ingress().execute().try_collect().await?;
    let egress: Vec<TcMessage> = handle.traffic_filter(index).get().egress().execute().try_collect().await?;
    all.extend(egress);
    // A filter's chain is dumped as an entry of its own, without a handle.
    all.retain(|filter| u32::from(filter.header.handle) != 0);
    Ok(all)
}

async fn remove(handle: &Handle, mut filter: TcMessage) -> Result<(), rtnetlink::Error> {
    filter.attributes.retain(|attribute| matches!(attribute, TcAttribute::Kind(_)));
    let mut request = NetlinkMessage::from(RouteNetlinkMessage::DelTrafficFilter(filter));
    request.header.flags = NLM_F_REQUEST | NLM_F_ACK;
    let mut answers = handle.clone().request(request)?;
    while let Some(answer) = futures_util::StreamExt::next(&mut answers).await {
        tracing::debug!("removed a filter that a dead nbw had left: {:?}", answer.header);
    }
    Ok(())
}

fn is_ours(filter: &TcMessage) -> bool {
    options(filter).any(|option| match option {
        TcFilterBpfOption::ProgName(name) => {
            let ours = [programs::TC_INGRESS, programs::TC_EGRESS, programs::DETECT_INGRESS, programs::DETECT_EGRESS];
            ours.iter().any(|ours| name.starts_with(ours))
        }
        _ => false,
    })
}

/// Whether the process that the filter's handle names still holds its program: the number may have gone to another
/// process since, and a process that nobody has waited for yet is still listed, but holds nothing.
fn alive(filter: &TcMessage) -> bool {
    let program = options(filter).find_map(|option| match option {
        TcFilterBpfOption::ProgId(id) => Some(format!("prog_id:\t{id}")),
        _ => None,
    });
    let files = fs::read_dir(format!("/proc/{}/fdinfo", u32::from(filter.header.handle)));
    match (program, files) {
        (Some(program), Ok(files)) => files.flatten().any(|file| {
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            text.lines().any(|line| line == program)
        }),
        (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        // A kernel that does not tell: a filter too many is the lesser evil.
        (None, Ok(_)) => true,
    }
}

/// What a filter that runs a BPF program says of it.
fn options(filter: &TcMessage) -> impl Iterator<Item = &TcFilterBpfOption> {
    let all = filter.attributes.iter().filter_map(|attribute| match attribute {
        TcAttribute::Options(options) => Some(options),
        _ => None,
    });
    all.flatten().filter_map(|option| match option {
        TcOption::Bpf(option) => Some(option),
        _ => None,
    })
}
