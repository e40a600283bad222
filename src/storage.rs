//! Objects other than pods by which a pod gets at its node: persistent volumes, and claims for
//! devices.

use crate::pod::HostPath;
use crate::view::{Text, flag, object, object_if_any, objects, reads, text};

/// A PersistentVolume.
#[derive(Debug, Default)]
pub(crate) struct PersistentVolume<'a> {
    pub spec: PersistentVolumeSpec<'a>,
}

reads!(PersistentVolume<'de> { "spec" => spec: object });

/// Of a volume's sources only those that are on a node are read.
#[derive(Debug, Default)]
pub(crate) struct PersistentVolumeSpec<'a> {
    pub host_path: Option<HostPath<'a>>,
    pub local: Option<Local<'a>>,
}

reads!(PersistentVolumeSpec<'de> {
    "hostPath" => host_path: object_if_any,
    "local" => local: object_if_any,
});

/// A disk or directory of a node that pods are scheduled to.
#[derive(Debug, Default)]
pub(crate) struct Local<'a> {
    pub path: Option<Text<'a>>,
}

reads!(Local<'de> { "path" => path: text });

/// A ResourceClaimTemplate, whose claim is a level deeper.
#[derive(Debug, Default)]
pub(crate) struct DeviceClaimTemplate<'a> {
    pub spec: DeviceClaim<'a>,
}

reads!(DeviceClaimTemplate<'de> { "spec" => spec: object });

/// A ResourceClaim.
#[derive(Debug, Default)]
pub(crate) struct DeviceClaim<'a> {
    pub spec: DeviceClaimSpec<'a>,
}

reads!(DeviceClaim<'de> { "spec" => spec: object });

/// What a claim asks for.
#[derive(Debug, Default)]
pub(crate) struct DeviceClaimSpec<'a> {
    pub devices: DeviceRequests<'a>,
}

reads!(DeviceClaimSpec<'de> { "devices" => devices: object });

/// The requests of a claim.
#[derive(Debug, Default)]
pub(crate) struct DeviceRequests<'a> {
    pub requests: Vec<DeviceRequest<'a>>,
}

reads!(DeviceRequests<'de> { "requests" => requests: objects });

/// A request for devices. Up to v1beta1 of its API it is itself what later is in `exactly`.
#[derive(Debug, Default)]
pub(crate) struct DeviceRequest<'a> {
    pub name: Option<Text<'a>>,
    pub admin_access: bool,
    pub exactly: ExactDeviceRequest,
}

reads!(DeviceRequest<'de> {
    "name" => name: text,
    "adminAccess" => admin_access: flag,
    "exactly" => exactly: object,
});

/// A request for devices of one class.
#[derive(Debug, Default)]
pub(crate) struct ExactDeviceRequest {
    pub admin_access: bool,
}

reads!(ExactDeviceRequest { "adminAccess" => admin_access: flag });
