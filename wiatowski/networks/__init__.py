"""Networks as lists of layers."""

from wiatowski.networks.certified import LayerBound as LayerBound
from wiatowski.networks.certified import NetworkBounds as NetworkBounds
from wiatowski.networks.certified import certified_bounds as certified_bounds
from wiatowski.networks.certified import certified_head as certified_head
from wiatowski.networks.certified import certified_layer as certified_layer
from wiatowski.networks.classifier import AbstractClassifier as AbstractClassifier
from wiatowski.networks.classifier import Classifier as Classifier
from wiatowski.networks.classifier import Tapped as Tapped
from wiatowski.networks.combined import Parallel as Parallel
from wiatowski.networks.combined import PassThrough as PassThrough
from wiatowski.networks.combined import Residual as Residual
from wiatowski.networks.convolution import Convolution as Convolution
from wiatowski.networks.convolution import same_padding as same_padding
from wiatowski.networks.efficientnet import efficientnet_lite0 as efficientnet_lite0
from wiatowski.networks.efficientnet import (
    efficientnet_lite0_imagenet as efficientnet_lite0_imagenet,
)
from wiatowski.networks.googlenet import googlenet as googlenet
from wiatowski.networks.head import Dense as Dense
from wiatowski.networks.head import Head as Head
from wiatowski.networks.lenet import lenet5 as lenet5
from wiatowski.networks.network import Network as Network
from wiatowski.networks.network import Scored as Scored
from wiatowski.networks.operator_norm import operator_norm as operator_norm
from wiatowski.networks.preprocessing import Preprocessing as Preprocessing
from wiatowski.networks.resnet import resnet50 as resnet50
from wiatowski.networks.sliding import SlidingMaxPool as SlidingMaxPool
from wiatowski.networks.sources import RandomWeights as RandomWeights
from wiatowski.networks.squeezenet import squeezenet as squeezenet
from wiatowski.networks.squeezenet import squeezenet_imagenet as squeezenet_imagenet
from wiatowski.networks.vgg import vgg16 as vgg16
from wiatowski.networks.weights.files import read_weights as read_weights
