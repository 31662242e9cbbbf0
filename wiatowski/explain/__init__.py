"""Explanations: which parts of a signal, and which paths, a score comes from."""

from wiatowski.explain import measures as measures
from wiatowski.explain.cam import cam as cam
from wiatowski.explain.cam import grad_cam as grad_cam
from wiatowski.explain.cam import grad_cam_plus_plus as grad_cam_plus_plus
from wiatowski.explain.cam import score_cam as score_cam
from wiatowski.explain.cam import top_maps as top_maps
from wiatowski.explain.guided import guided_backpropagation as guided_backpropagation
from wiatowski.explain.guided import guided_grad_cam as guided_grad_cam
from wiatowski.explain.guided import guided_grad_cam_plus_plus as guided_grad_cam_plus_plus
from wiatowski.explain.guided import guided_score_cam as guided_score_cam
from wiatowski.explain.guided import saliency as saliency
from wiatowski.explain.shares import Shares as Shares
from wiatowski.explain.shares import path_shares as path_shares
from wiatowski.explain.stability import heatmap_lipschitz as heatmap_lipschitz
from wiatowski.explain.upsampling import unit_range as unit_range
from wiatowski.explain.upsampling import upsampled as upsampled
