"""Parts of networks beyond the plain layer: dropout, residual connections, norms, attention."""

# All of them at once: a model that is read from a file may be made of any.
from nn.blocks.attention import Attention as Attention, Each as Each, Embedding as Embedding
from nn.blocks.dropout import Dropout as Dropout
from nn.blocks.norms import BatchNorm as BatchNorm, LayerNorm as LayerNorm, RMSNorm as RMSNorm
from nn.blocks.residual import Residual as Residual
