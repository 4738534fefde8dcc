//! Captures as nbw reads them, against tshark and capinfos: what each packet is, and what they come to in reports.

mod files;
mod made;
mod packets;
mod reports;
mod shark;
