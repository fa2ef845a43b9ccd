"""Have the processor fetch what a compiled loop will need from memory, for several workloads.

Imports Numba only.
"""

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic


def _prefetch(typing: Any, matrix: Any, row: Any, column: Any) -> Any:
    """Have the processor fetch (row, column) of a matrix in advance; this changes no value.

    Rows come in an order that no processor predicts, and they do not fit in the nearer caches.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tools: Any = cgutils  # it has no types
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = [
            context.cast(builder, *given, types.intp)
            for given in zip(arguments[1:], signature.args[1:], strict=True)
        ]
        pointer = tools.get_item_pointer(
            context, builder, signature.args[0], array, place, wraparound=False
        )
        address, flag = builder.bitcast(pointer, tools.voidptr_t), tools.int32_t
        kind = tools.ir.FunctionType(tools.ir.VoidType(), [address.type, flag, flag, flag])
        for_reading, keep, of_values = flag(0), flag(3), flag(1)
        builder.call(
            tools.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0"),
            [address, for_reading, keep, of_values],
        )
        return context.get_dummy_value()

    return types.void(matrix, row, column), generate


prefetch: Any = intrinsic(_prefetch)
