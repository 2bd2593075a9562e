#!/usr/bin/env bash
# torch 2.13.0 (CPU, Python 3.11), seen 2026-11-30.
#
# Many PixelCNNs apply their mask inside `forward`, on the data of the weight:
#     self.weight.data *= self.mask; return super().forward(x)
# In eager mode that is right. Seen with such a layer:
#   - torch.fx.symbolic_trace succeeds and says nothing, but its graph holds no mask: as soon as a
#     weight behind the mask is not 0 (after each optimizer step, and in an average of weights), the
#     traced network looks ahead and the eager one does not;
#   - torch.export.export refuses it;
#   - torch.func.functional_call with somebody's tensors sets the masked entries of those tensors
#     to 0, the caller's own.
# A reader of the trace would call a leaking network causal, or a causal one leaking.
#
# Output seen:
#   eager looks ahead: False
#   traced looks ahead: True
#   export: refused
#   the caller's tensor was changed: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PY' | tee "$folder/seen"
import torch
from torch import nn


class MaskedConv(nn.Conv2d):
    def __init__(self):
        super().__init__(1, 1, 3, padding=1, bias=False)
        mask = torch.zeros(1, 1, 3, 3)
        mask[:, :, 0] = 1
        mask[:, :, 1, 0] = 1
        self.register_buffer("mask", mask)

    def forward(self, x):
        self.weight.data *= self.mask
        return super().forward(x)


def looks_ahead(network):
    x = torch.zeros(1, 1, 5, 5)
    changed = x.clone()
    changed[0, 0, 4, 4] = 1.0
    return bool((network(changed) - network(x)).flatten()[:24].abs().max() > 0)


torch.manual_seed(0)
layer = MaskedConv()
traced = torch.fx.symbolic_trace(nn.Sequential(layer))


class Net(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        self.layer.weight.data *= self.layer.mask
        return nn.functional.conv2d(x, self.layer.weight, padding=1)


net = Net(MaskedConv())
traced = torch.fx.symbolic_trace(net)
with torch.no_grad():
    net.layer.weight.fill_(1.0)  # as after an optimizer step
print("traced looks ahead:", looks_ahead(traced))
with torch.no_grad():
    net.layer.weight.fill_(1.0)
print("eager looks ahead:", looks_ahead(net))
try:
    torch.export.export(net, (torch.zeros(1, 1, 5, 5),))
    print("export: accepted")
except Exception:
    print("export: refused")
mine = {"weight": torch.ones(1, 1, 3, 3), "mask": layer.mask}
torch.func.functional_call(layer, mine, (torch.zeros(1, 1, 5, 5),))
print("the caller's tensor was changed:", bool((mine["weight"] == 0).any()))
PY
grep -qx "eager looks ahead: False" "$folder/seen"
grep -qx "traced looks ahead: True" "$folder/seen"
grep -qx "export: refused" "$folder/seen"
grep -qx "the caller's tensor was changed: True" "$folder/seen"
